// The charts of the AWS build. Nothing of it is compiled: a rehearsal runs the same core with KWOK's nodes in place
// of EC2's.
module mlplatform.local/toolchain/karpenter/unpacked

go 1.26

require github.com/aws/karpenter-provider-aws v1.13.0
