#include "textflag.h"

// preEntry is where the process begins if the linker is told -E main.preEntry.
// It looks at what the process inherited before the Go runtime changes it, and
// goes on to the usual entry point. There is no Go stack, no runtime and no
// thread-local storage yet; the stack pointer must be left as the kernel set
// it, with argc on top, and the 128 bytes below it are free to use.
//
// SYSCALL clobbers AX, CX and R11.
TEXT ·preEntry(SB), NOSPLIT|NOFRAME, $0
	// closedStreams: fcntl(fd, F_GETFD) fails for each that is closed. The
	// folder "/" is put in its place, because the runtime would put /dev/null
	// there, and end the process where there is none. It is the lowest number
	// that is free, so open returns it.
	XORL R12, R12
	XORL R13, R13
	MOVQ $0x2f, -64(SP) // "/"

stream:
	MOVL  $72, AX      // SYS_fcntl
	MOVL  R12, DI
	MOVL  $1, SI       // F_GETFD
	XORL  DX, DX
	SYSCALL
	TESTQ AX, AX
	JGE   open
	MOVL  $1, BX
	MOVL  R12, CX
	SHLL  CX, BX
	ORL   BX, R13
	MOVL  $2, AX       // SYS_open
	LEAQ  -64(SP), DI
	XORL  SI, SI       // O_RDONLY
	XORL  DX, DX
	SYSCALL

open:
	INCL R12
	CMPL R12, $3
	JLT  stream
	MOVL R13, ·closedStreams(SB)

	// ignoredSignals: those that are blocked, which comes to the same for a
	// program that never looks at them: rt_sigprocmask(SIG_BLOCK, NULL, &old, 8).
	// The kernel's bit 0 is signal 1.
	XORL  R13, R13
	MOVQ  $0, -64(SP)
	MOVL  $14, AX     // SYS_rt_sigprocmask
	XORL  DI, DI
	XORL  SI, SI
	LEAQ  -64(SP), DX
	MOVL  $8, R10
	SYSCALL
	MOVQ  -64(SP), R13
	SHLQ  $1, R13

	// And those that are ignored: rt_sigaction(sig, NULL, &old, 8).
	MOVL $1, R12

signal:
	MOVL  $13, AX      // SYS_rt_sigaction
	MOVL  R12, DI
	XORL  SI, SI
	LEAQ  -64(SP), DX  // the kernel's struct sigaction, 32 bytes
	MOVL  $8, R10
	SYSCALL
	TESTQ AX, AX
	JNE   heeded
	CMPQ  -64(SP), $1  // SIG_IGN
	JNE   heeded
	MOVL  $1, BX
	MOVL  R12, CX
	SHLQ  CX, BX
	ORQ   BX, R13

heeded:
	INCL R12
	CMPL R12, $64
	JLT  signal
	MOVQ R13, ·ignoredSignals(SB)

	JMP _rt0_amd64_linux(SB)
