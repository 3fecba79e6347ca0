//go:build early_entry

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

	MOVD $runtime·sigtable(SB), R9
	MOVW 24(R9), R10
	CMP  $3, R10
	BNE  start
	MOVD 40(R9), R10
	CMP  $28, R10
	BNE  start
	MOVD $0x700800990, R20 // bit N: signal N is the runtime's
	MOVD $1, R19

signal:
	ADD  $24, R9
	LSR  R19, R20, R10 // by R19 modulo 64
	TBNZ $0, R10, needed
	MOVW (R9), R10
	AND  $~0x86, R10, R10 // _SigKill, _SigThrow, _SigUnblock
	ORR  $0x10, R10, R10  // _SigDefault
	MOVW R10, (R9)

needed:
	ADD  $1, R19, R19
	CMP  $64, R19
	BLE  signal
	MOVD $1, R10
	MOVW R10, ·leftSignals(SB)

start:
	JMP _rt0_arm64_linux(SB)
