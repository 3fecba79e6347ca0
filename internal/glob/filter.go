package glob

// A Filter selects paths by an ordered list of patterns that include or exclude. The
// last pattern that matches a path decides.
//
// If none matches, directories are included, and files are included unless the first
// pattern is an include. This is GNU grep's rule: --include '*.iso' alone selects only
// these files, while after an --exclude it re-includes them.
//
// As with .gitignore, nothing below an excluded directory is included: the caller must
// not descend into it, and may ask about a path only if all its parent directories are
// included.
//
// The zero Filter and a nil one include everything. Includes may be called concurrently
// once all patterns have been added.
type Filter struct {
	rules []rule
}

type rule struct {
	pattern *Pattern
	include bool
}

// Add appends a pattern, which includes or excludes what it matches.
func (f *Filter) Add(p *Pattern, include bool) {
	f.rules = append(f.rules, rule{p, include})
}

// Includes reports whether a path is included. dir says that it is a directory. See
// Pattern.Match for the form of paths.
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
