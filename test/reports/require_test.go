//go:build unix

package reports_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// TestRequireHostileNames requires all names of a manifest and checks that those not
// verified are reported in the order of the options.
func TestRequireHostileNames(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir, listed := hostileTree(t)
	args := []string{"--json", "-c", "--ignore-missing", "SUMS"}
	var want []string
	for _, l := range listed {
		args = append(args, "--require="+l.name, "--require=.//"+l.name) // said once
		if l.verdict != "verified" {
			want = append(want, l.name)
		}
	}
	out := clitest.Ours.Output(t, args, clitest.Settings{Dir: dir})
	var got []string
	for _, o := range clitest.JSONObjects(t, clitest.JSONSchema(t), out) {
		if o["type"] != "error" {
			continue
		}
		if o["message"] != "required, but not verified" {
			t.Errorf("%v", o)
		}
		got = append(got, o.Name(t, "name"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("not verified are %q, want %q", got, want)
	}
	if n := bytes.Count(out.Stderr, []byte(": required, but not verified\n")); n != len(want) {
		t.Errorf("%d messages, want %d", n, len(want))
	}
}

// TestExpectInReports checks how the other reports present the digest of --expect.
func TestExpectInReports(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "a")
	s := newStep(t, dir)
	for _, file := range []string{"a", "gone"} {
		out := clitest.Ours.Output(t, []string{"--expect=" + clitest.DigestOf("b"), "--report=junit:j", "--report=github", file}, s.Settings)
		commands := merges(out)[0]
		if len(commands) != 1 || strings.Contains(commands[0].data+commands[0].properties["file"], "--expect") {
			t.Errorf("%+v of\n%s", commands, out)
		}
		suites := readJUnit(t, dir+"/j").Suites
		if len(suites) != 1 || suites[0].Name != "psha1sum" || len(suites[0].Cases) != 1 || suites[0].Cases[0].Name != file {
			t.Errorf("%+v", suites)
		}
	}
}
