package glob

// A Filter chooses paths by patterns that include and exclude, in the order in
// which they were given. The last that matches a path decides about it.
//
// Where none does, a directory is included, and a file is unless the first
// pattern of all includes. This is GNU grep's rule: --include '*.iso' alone means
// these and no others, while behind an --exclude it takes back some of that.
//
// As with .gitignore, nothing below a directory that is not included is looked
// at, whatever includes it: the caller is meant not to descend, and to ask about
// a path only when all directories above it are included.
//
// The zero Filter and a nil one include everything. Once all patterns are added,
// any number of goroutines may ask.
type Filter struct {
	rules []rule
}

type rule struct {
	pattern *Pattern
	include bool
}

// Add appends a pattern, which excludes what it matches unless include is set.
func (f *Filter) Add(p *Pattern, include bool) {
	f.rules = append(f.rules, rule{p, include})
}

// Includes reports whether a path, which dir says is a directory's, is among
// those that are wanted. See Pattern.Match for what a path is.
func (f *Filter) Includes(path string, dir bool) bool {
	if f == nil || len(f.rules) == 0 {
		return true
	}
	for i := len(f.rules) - 1; i >= 0; i-- {
		if r := &f.rules[i]; r.pattern.Match(path, dir) {
			return r.include
		}
	}
	return dir || !f.rules[0].include
}
