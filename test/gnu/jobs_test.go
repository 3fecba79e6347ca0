//go:build unix

package gnu_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// TestJobs checks that the number of jobs affects only the time.
func TestJobs(t *testing.T) {
	clitest.NeedOwn(t)
	dir := t.TempDir()
	names := slices.Insert(clitest.ManyFiles(t, dir, 1100), 700, "missing")
	want := clitest.Ours.Output(t, names, clitest.Settings{Dir: dir})
	clitest.Write(t, dir, "manifest", string(want.Stdout)+"junk\n"+clitest.LineOf("", "missing"))
	wantCheck := clitest.Ours.Output(t, []string{"-cw", "manifest"}, clitest.Settings{Dir: dir})
	for _, jobs := range [][]string{{"-j1"}, {"-j", "2"}, {"-j3"}, {"--jobs=16"}, {"--jobs", "64"}, {"-j9", "--jobs=1"}, {"-wj2"}, {"-bj", "2", "-t"}} {
		t.Run(strings.Join(jobs, " "), func(t *testing.T) {
			if jobs[0] != "-wj2" {
				got := clitest.Ours.Output(t, append(slices.Clone(jobs), names...), clitest.Settings{Dir: dir})
				if difference := clitest.Compare(got, want); difference != "" {
					t.Errorf("%s differ\nwant\n%sgot\n%s", difference, want, got)
				}
			}
			if jobs[0] != "-bj" {
				got := clitest.Ours.Output(t, append([]string{"-cw", "manifest"}, jobs...), clitest.Settings{Dir: dir})
				if difference := clitest.Compare(got, wantCheck); difference != "" {
					t.Errorf("check: %s differ\nwant\n%sgot\n%s", difference, wantCheck, got)
				}
			}
		})
	}
}

// TestOwnOptionErrors checks that misused options of psha1sum's own are rejected as GNU
// would, and that they have no abbreviations.
func TestOwnOptionErrors(t *testing.T) {
	clitest.NeedOwn(t)
	const (
		invalid  = "sha1sum: invalid number of jobs: "
		unknown  = "sha1sum: unrecognized option "
		noLetter = "sha1sum: option requires an argument -- 'j'\n"
		noWord   = "sha1sum: option '--jobs' requires an argument\n"
	)
	for _, test := range []struct {
		args []string
		err  string
	}{
		{[]string{"-j"}, noLetter},
		{[]string{"-cj"}, noLetter},
		{[]string{"--jobs"}, noWord},
		{[]string{"-j0"}, invalid + "'0': want 1 to 4096\n"},
		{[]string{"-j", ""}, invalid + "'': want 1 to 4096\n"},
		{[]string{"-j", "-1"}, invalid + "'-1': want 1 to 4096\n"},
		{[]string{"-j", "--", "2"}, invalid + "'--': want 1 to 4096\n"},
		{[]string{"-j=2"}, invalid + "'=2': want 1 to 4096\n"},
		{[]string{"-j2b"}, invalid + "'2b': want 1 to 4096\n"},
		{[]string{"--jobs="}, invalid + "'': want 1 to 4096\n"},
		{[]string{"--jobs=0"}, invalid + "'0': want 1 to 4096\n"},
		{[]string{"--jobs=1.5"}, invalid + "'1.5': want 1 to 4096\n"},
		{[]string{"--jobs=0x10"}, invalid + "'0x10': want 1 to 4096\n"},
		{[]string{"--jobs=99999999999999999999"}, invalid + "'99999999999999999999': want 1 to 4096\n"},
		{[]string{"--job=2"}, unknown + "'--job=2'\n"},
		{[]string{"--job", "2"}, unknown + "'--job'\n"},
		{[]string{"--j"}, unknown + "'--j'\n"},
		{[]string{"--jobss=2"}, unknown + "'--jobss=2'\n"},
		{[]string{"---jobs=2"}, unknown + "'---jobs=2'\n"},
		{[]string{"-J2"}, "sha1sum: invalid option -- 'J'\n"},
		{[]string{"--="}, "sha1sum: option '--=' is ambiguous; possibilities: '--check' '--ignore-missing' '--quiet' '--status' " +
			"'--warn' '--strict' '--tag' '--zero' '--binary' '--text' '--help' '--version'\n"},
		{[]string{"-j2", "--foo"}, unknown + "'--foo'\n"},
		{[]string{"--foo", "-j0"}, unknown + "'--foo'\n"},
		{[]string{"-j2", "--quiet"}, "sha1sum: the --quiet option is meaningful only when verifying checksums\n"},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			got := clitest.Ours.Output(t, test.args, clitest.Settings{})
			want := clitest.Outcome{Status: "exit 1", Stderr: []byte(test.err + clitest.TryHelp), Offset: got.Offset}
			if difference := clitest.Compare(got, want); difference != "" {
				t.Errorf("%s differ\nwant\n%sgot\n%s", difference, want, got)
			}
		})
	}
}

// TestOwnOptionPlaces checks that psha1sum's own options follow GNU's rules about what is
// an option.
func TestOwnOptionPlaces(t *testing.T) {
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "one")
	clitest.Write(t, dir, "-j2", "file")
	clitest.Write(t, dir, "--jobs=2", "file")
	a, short, long := clitest.LineOf("one", "a"), clitest.LineOf("file", "-j2"), clitest.LineOf("file", "--jobs=2")
	for _, test := range []struct {
		args []string
		env  string
		want string
	}{
		{[]string{"a", "-j2", "a"}, "", a + a},
		{[]string{"a", "-j", "2", "a"}, "", a + a},
		{[]string{"a", "--", "-j2", "--jobs=2"}, "", a + short + long},
		{[]string{"-j", "2", "a", "-j2"}, "POSIXLY_CORRECT=", a + short},
		{[]string{"a", "--jobs=2"}, "POSIXLY_CORRECT=1", a + long},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			s := clitest.Settings{Dir: dir}
			if test.env != "" {
				s.Env = []string{test.env}
			}
			if got := clitest.Ours.Output(t, test.args, s); string(got.Stdout) != test.want || got.Status != "exit 0" {
				t.Errorf("want stdout %q, got\n%s", test.want, got)
			}
		})
	}
}
