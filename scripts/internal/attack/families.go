//go:build linux

package main

// A family is a kind of attack.
type family struct {
	name, title string
	parallel    int // concurrent trials: more if they mostly wait
	run         func(*trial)
}

var families = []family{
	{"digests", "files in every setting, at rest and changing, and on strange file systems", 2, attackDigests},
	{"check", "manifests and command lines against GNU's seven tools", 1, attackCheck},
	{"beneath", "links put in the place of what --beneath and -r read", 1, attackBeneath},
	{"cache", "--cache: edits, kills, damage, several at once, writers that no time tells of", 3, attackCache},
	{"output", "--output and JUnit's reports: killed, and to strange targets", 1, attackOutput},
	{"soak", "some of all that, on a busy machine", 1, nil},
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
