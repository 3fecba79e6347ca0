package main

import "testing"

// TestLists has each list be of what there is.
func TestLists(t *testing.T) {
	for _, err := range run("../../..", true) {
		t.Error(err)
	}
}
