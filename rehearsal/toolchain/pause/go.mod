module mlplatform.local/toolchain/pause

go 1.26
