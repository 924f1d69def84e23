// Package faults runs the program as a process, with an SMSC, ESMEs and receivers around it, while
// processes are killed and paused, disks fill up and files are damaged. Its tests carry the build tag
// faults: go test -tags faults ./internal/faults. What the peers see becomes a history of package promise,
// whose checker judges it.
package faults
