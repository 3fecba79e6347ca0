package main

import "testing"

func TestRepeatLines(t *testing.T) {
	tests := []struct {
		lines int
		want  string
	}{
		{0, "a\nb\n"},
		{1, "a\n"},
		{2, "a\nb\n"},
		{5, "a\nb\na\nb\na\n"},
	}
	for _, tt := range tests {
		if got := repeatLines([]byte("a\nb\n"), tt.lines); string(got) != tt.want {
			t.Errorf("repeatLines(%d) = %q, want %q", tt.lines, got, tt.want)
		}
	}
}
