//go:build unix

package main_test

import (
	"slices"
	"strings"
	"testing"
)

// tryHelp is the second line of a usage error.
const tryHelp = "Try 'sha1sum --help' for more information.\n"

// TestJobs has the number of jobs change nothing but the time.
func TestJobs(t *testing.T) {
	needOwn(t)
	dir := t.TempDir()
	names := slices.Insert(manyFiles(t, dir, 1100), 700, "missing")
	want := ours.output(t, names, settings{dir: dir})
	write(t, dir, "manifest", string(want.stdout)+"junk\n"+lineOf("", "missing"))
	wantCheck := ours.output(t, []string{"-cw", "manifest"}, settings{dir: dir})
	for _, jobs := range [][]string{{"-j1"}, {"-j", "2"}, {"-j3"}, {"--jobs=16"}, {"--jobs", "64"}, {"-j9", "--jobs=1"}, {"-wj2"}, {"-bj", "2", "-t"}} {
		t.Run(strings.Join(jobs, " "), func(t *testing.T) {
			if jobs[0] != "-wj2" {
				got := ours.output(t, append(slices.Clone(jobs), names...), settings{dir: dir})
				if difference := compare(got, want); difference != "" {
					t.Errorf("%s differ\nwant\n%sgot\n%s", difference, want, got)
				}
			}
			if jobs[0] != "-bj" {
				got := ours.output(t, append([]string{"-cw", "manifest"}, jobs...), settings{dir: dir})
				if difference := compare(got, wantCheck); difference != "" {
					t.Errorf("check: %s differ\nwant\n%sgot\n%s", difference, wantCheck, got)
				}
			}
		})
	}
}

// TestOwnOptionErrors has options of psha1sum's own refused as GNU would, and
// known by nothing but their full names.
func TestOwnOptionErrors(t *testing.T) {
	needOwn(t)
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
			got := ours.output(t, test.args, settings{})
			want := outcome{status: "exit 1", stderr: []byte(test.err + tryHelp), offset: got.offset}
			if difference := compare(got, want); difference != "" {
				t.Errorf("%s differ\nwant\n%sgot\n%s", difference, want, got)
			}
		})
	}
}

// TestOwnOptionPlaces has psha1sum's own options follow GNU's rules about what
// is an option at all.
func TestOwnOptionPlaces(t *testing.T) {
	needOwn(t)
	dir := t.TempDir()
	write(t, dir, "a", "one")
	write(t, dir, "-j2", "file")
	write(t, dir, "--jobs=2", "file")
	a, short, long := lineOf("one", "a"), lineOf("file", "-j2"), lineOf("file", "--jobs=2")
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
			s := settings{dir: dir}
			if test.env != "" {
				s.env = []string{test.env}
			}
			if got := ours.output(t, test.args, s); string(got.stdout) != test.want || got.status != "exit 0" {
				t.Errorf("want stdout %q, got\n%s", test.want, got)
			}
		})
	}
}
