#include "textflag.h"

// preEntry is where the process begins if the linker is told -E main.preEntry.
// It looks at what the process inherited before the Go runtime changes it, and
// goes on to the usual entry point. There is no Go stack, no runtime and no
// thread-local storage yet; the stack pointer must be left as the kernel set
// it, with argc on top, and the 128 bytes below it are free to use.
//
// SYSCALL clobbers AX, CX and R11.
TEXT ·preEntry(SB), NOSPLIT|NOFRAME, $0
	// closedStreams: fcntl(fd, F_GETFD) fails for each that is closed.
	XORL R12, R12
	XORL R13, R13

stream:
	MOVL  $72, AX  // SYS_fcntl
	MOVL  R12, DI
	MOVL  $1, SI   // F_GETFD
	XORL  DX, DX
	SYSCALL
	TESTQ AX, AX
	JGE   open
	MOVL  $1, BX
	MOVL  R12, CX
	SHLL  CX, BX
	ORL   BX, R13

open:
	INCL R12
	CMPL R12, $3
	JLT  stream
	MOVL R13, ·closedStreams(SB)

	// ignoredSignals: rt_sigaction(sig, NULL, &old, 8) for 1 to 31.
	MOVL $1, R12
	XORL R13, R13

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
	CMPL R12, $32
	JLT  signal
	MOVQ R13, ·ignoredSignals(SB)

	JMP _rt0_amd64_linux(SB)
