// The charts on which Trainer's chart depends, in the versions that its Chart.yaml names. They are only
// unpacked: in go.mod they would take part in choosing the versions that are compiled.
module mlplatform.local/toolchain/kubeflow-trainer/unpacked

go 1.26

require (
	sigs.k8s.io/jobset v0.11.0
	sigs.k8s.io/lws v0.8.0
)
