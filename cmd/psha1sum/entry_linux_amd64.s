//go:build early_entry

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
	// directory "/" is put in its place, because the runtime would put /dev/null
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

	// leftSignals: the runtime installs no handler for a signal that has _SigDefault
	// in its table, and keeps one blocked that has none of the others below (see
	// blockableSig). So it leaves alone all but those that it needs itself, and there
	// is no moment in which it has them: see internal/process. That the table is what
	// it was when this was written is seen by its second entry, SIGHUP.
	LEAQ runtime·sigtable(SB), R12
	CMPL 24(R12), $3  // flags: _SigNotify + _SigKill
	JNE  start
	CMPQ 40(R12), $28 // the length of its name
	JNE  start
	MOVQ $0x700800990, R13 // bit N: signal N is the runtime's
	MOVL $1, BX

signal:
	ADDQ $24, R12
	BTQ  BX, R13
	JCS  needed
	ANDL $~0x86, (R12) // _SigKill, _SigThrow, _SigUnblock
	ORL  $0x10, (R12)  // _SigDefault

needed:
	INCL BX
	CMPL BX, $64
	JLE  signal
	MOVL $1, ·leftSignals(SB)

start:
	JMP _rt0_amd64_linux(SB)
