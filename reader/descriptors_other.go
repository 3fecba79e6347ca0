//go:build !unix

package reader

// These systems have no limit that a user meets.
var descriptorErrors []error
