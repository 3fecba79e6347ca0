//go:build linux

package uring

import (
	"testing"
	"unsafe"
)

// TestLayout checks the sizes of the kernel's structures.
func TestLayout(t *testing.T) {
	for _, test := range []struct {
		name      string
		got, want uintptr
	}{
		{"io_uring_sqe", unsafe.Sizeof(Entry{}), 64},
		{"io_uring_sqe.file_index", unsafe.Offsetof(Entry{}.File), 44},
		{"io_uring_sqe.user_data", unsafe.Offsetof(Entry{}.UserData), 32},
		{"io_uring_cqe", unsafe.Sizeof(Completion{}), 16},
		{"io_uring_getevents_arg", unsafe.Sizeof(extArg{}), 24},
		{"io_uring_getevents_arg.ts", unsafe.Offsetof(extArg{}.timeout), 16},
		{"io_uring_params", unsafe.Sizeof(params{}), 120},
		{"io_uring_params.features", unsafe.Offsetof(params{}.features), 20},
		{"io_uring_params.sq_off", unsafe.Offsetof(params{}.sq), 40},
		{"io_uring_params.cq_off", unsafe.Offsetof(params{}.cq), 80},
	} {
		if test.got != test.want {
			t.Errorf("%s: %d, want %d", test.name, test.got, test.want)
		}
	}
}
