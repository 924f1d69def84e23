package bench

import "syscall"

// childAttributes puts a process into a group of its own: Ctrl-C goes to the benchmark alone, which ends its
// processes. If the benchmark is killed, the kernel ends them.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
