//go:build !unix

package lanestest

import "testing"

func (s Suite[W]) guardPages(t *testing.T) { t.Skip("no pages can be guarded") }
