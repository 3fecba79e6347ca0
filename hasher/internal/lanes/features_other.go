//go:build !amd64 || purego

package lanes

// detect returns nothing: there is no assembly here.
func detect() Features { return 0 }
