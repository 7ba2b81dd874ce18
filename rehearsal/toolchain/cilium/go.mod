// The chart of the network plugin for hybrid nodes. Nothing of it is compiled: its pods run on simulated machines.
module mlplatform.local/toolchain/cilium

go 1.26

require github.com/cilium/cilium v1.20.2
