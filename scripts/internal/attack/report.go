//go:build linux

package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// report prints what was tried and found.
func (a *attack) report(w io.Writer) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var b strings.Builder
	for _, f := range families {
		counts := a.counts[f.name]
		if counts == nil {
			continue
		}
		fmt.Fprintf(&b, "%-8s", f.name)
		for i, what := range sortedKeys(counts) {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, " %d %s", counts[what], what)
		}
		b.WriteByte('\n')
	}
	for _, text := range sortedKeys(a.notes) {
		fmt.Fprintf(&b, "note: %s\n", text)
	}
	if len(a.finds) == 0 {
		b.WriteString("found: nothing\n")
	} else {
		fmt.Fprintf(&b, "FOUND %d, kept in %s:\n", len(a.finds), a.config.keep)
		for _, text := range a.finds {
			fmt.Fprintf(&b, "  %s\n", clip(text, 300))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sortedKeys returns the keys of a map, with the counts of trials and runs first.
func sortedKeys[V any](m map[string]V) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	first := []string{"runs", "trials"} // in reverse order
	slices.SortFunc(keys, func(a, b string) int {
		if by := cmp.Compare(slices.Index(first, b), slices.Index(first, a)); by != 0 {
			return by
		}
		return strings.Compare(a, b)
	})
	return keys
}
