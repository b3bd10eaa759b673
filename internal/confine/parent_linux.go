package confine

import "syscall"

// endsWithParent has the kernel end a process with the one that started it.
func endsWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
