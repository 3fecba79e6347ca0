#include "textflag.h"

// preEntry does on arm64 what it does on amd64: see entry_linux_amd64.s. The
// stack pointer must be left as it is; the 128 bytes below it are free to use,
// since no signal handler exists yet.
//
// SVC keeps all registers but R0.
TEXT ·preEntry(SB), NOSPLIT|NOFRAME, $0
	MOVD RSP, R9
	SUB  $64, R9, R9 // scratch memory
	MOVD $0x2f, R10  // "/"
	MOVD R10, (R9)
	MOVD $0, R19     // descriptor
	MOVD $0, R20     // mask

stream:
	MOVD $25, R8     // SYS_fcntl
	MOVD R19, R0
	MOVD $1, R1      // F_GETFD
	MOVD $0, R2
	SVC
	CMP  $0, R0
	BGE  open
	MOVD $1, R10
	LSL  R19, R10, R10
	ORR  R10, R20, R20
	MOVD $56, R8     // SYS_openat
	MOVD $-100, R0   // AT_FDCWD
	MOVD R9, R1
	MOVD $0, R2      // O_RDONLY
	MOVD $0, R3
	SVC

open:
	ADD  $1, R19, R19
	CMP  $3, R19
	BLT  stream
	MOVW R20, ·closedStreams(SB)

	MOVD $0, R10
	MOVD R10, (R9)
	MOVD $135, R8    // SYS_rt_sigprocmask
	MOVD $0, R0      // SIG_BLOCK
	MOVD $0, R1
	MOVD R9, R2
	MOVD $8, R3
	SVC
	MOVD (R9), R20
	LSL  $1, R20, R20

	MOVD $1, R19     // signal

signal:
	MOVD $134, R8    // SYS_rt_sigaction
	MOVD R19, R0
	MOVD $0, R1
	MOVD R9, R2      // the kernel's struct sigaction, 32 bytes
	MOVD $8, R3
	SVC
	CMP  $0, R0
	BNE  heeded
	MOVD (R9), R10
	CMP  $1, R10     // SIG_IGN
	BNE  heeded
	MOVD $1, R10
	LSL  R19, R10, R10
	ORR  R10, R20, R20

heeded:
	ADD  $1, R19, R19
	CMP  $64, R19
	BLT  signal
	MOVD R20, ·ignoredSignals(SB)

	JMP _rt0_arm64_linux(SB)
