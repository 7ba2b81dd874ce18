// cert-manager's resource definitions, which KServe's chart uses. They are only unpacked: in go.mod they would
// take part in choosing the versions that are compiled.
module mlplatform.local/toolchain/kserve/unpacked

go 1.26

require github.com/cert-manager/cert-manager v1.21.2
