package reader

import "errors"

// OutOfDescriptors reports whether an open failed for want of a descriptor, so
// that it may succeed when another file was closed.
func OutOfDescriptors(err error) bool {
	for _, e := range descriptorErrors {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
