// The executor script is the one of the engine's version. It is only unpacked: in go.mod it would change the
// version of the SDK that is compiled.
module mlplatform.local/toolchain/pulumi-language-python/unpacked

go 1.26

require github.com/pulumi/pulumi/sdk/v3 v3.259.0
