//go:build linux

package main

// A family is a kind of attack.
type family struct {
	name, title string
	parallel    int // concurrent trials: more if they mostly wait
	run         func(*trial)
}

var families = []family{
	{"digests", "all settings, with unchanging and changing files, and strange file systems", 2, attackDigests},
	{"check", "manifests and command lines against GNU's seven tools", 1, attackCheck},
	{"beneath", "links exchanged with what --beneath and -r read", 1, attackBeneath},
	{"cache", "--cache: edits, kills, damage, concurrent runs, writers that don't change timestamps", 3, attackCache},
	{"output", "--output and JUnit reports: kills, strange targets", 1, attackOutput},
	{"soak", "some of all families, on a busy machine", 1, nil},
}

func init() {
	// It uses the table, so it can't be in its initializer.
	familyNamed("soak").run = attackSoak
}

// familyNamed returns the family of that name, or nil.
func familyNamed(name string) *family {
	for i := range families {
		if families[i].name == name {
			return &families[i]
		}
	}
	return nil
}
