package verify

import (
	"strings"

	"github.com/psha1sum/psha1sum/internal/report"
)

// requirements are the names required by --require.
type requirements struct {
	names []string // as given
	state map[string]requirement
}

// A requirement is the state of a required name.
type requirement uint8

const (
	unlisted requirement = iota
	unverified
	fulfilled
)

func newRequirements(names []string) *requirements {
	r := &requirements{names: names, state: map[string]requirement{}}
	for _, name := range names {
		r.state[cleanName(name)] = unlisted
	}
	return r
}

// see records the result of a line.
func (r *requirements) see(f *report.Finding) {
	if len(r.names) == 0 {
		return
	}
	name := cleanName(f.Name)
	state, wanted := r.state[name]
	switch {
	case !wanted:
	case f.Verdict == report.Verified:
		r.state[name] = fulfilled
	case state == unlisted:
		r.state[name] = unverified
	}
}

// open returns remarks about the names that were not verified, without duplicates. If the
// run was stopped, names that were not seen may still be listed.
func (r *requirements) open(stopped bool) (remarks []*report.Remark) {
	said := map[string]bool{}
	for _, name := range r.names {
		clean := cleanName(name)
		if said[clean] {
			continue
		}
		said[clean] = true
		switch state := r.state[clean]; {
		case state == fulfilled:
		case state == unlisted && !stopped:
			remarks = append(remarks, &report.Remark{About: name, Text: "required, but not listed", Failed: true})
		default:
			remarks = append(remarks, &report.Remark{About: name, Text: "required, but not verified", Failed: true})
		}
	}
	return remarks
}

// cleanName removes repeated slashes and "." elements, which don't affect which file a
// name leads to. It keeps "..", which may matter after a symbolic link.
func cleanName(name string) string {
	if !strings.Contains(name, "//") && !strings.HasPrefix(name, "./") &&
		!strings.Contains(name, "/./") && !strings.HasSuffix(name, "/.") {
		return name // the common case
	}
	var parts []string
	for part := range strings.SplitSeq(name, "/") {
		if part != "" && part != "." {
			parts = append(parts, part)
		}
	}
	clean := strings.Join(parts, "/")
	switch {
	case strings.HasPrefix(name, "/"):
		return "/" + clean
	case clean == "":
		return "."
	}
	return clean
}
