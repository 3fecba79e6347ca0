//go:build !amd64 || purego

package sha1lanes

// detect returns no kernels: the portable ones are always there.
func detect() Kernels { return 0 }

// assembly is for kernels that there are none of here.
func (k kernel) assembly(*uint32, **byte, int) {
	panic("sha1lanes: no kernel " + kernels[k].name)
}
