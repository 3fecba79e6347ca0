package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCacheCommands: the option comes first, with the row's file.
func TestCacheCommands(t *testing.T) {
	w := work{files: []string{"a", "b"}, manifest: "/m", cache: "/c"}
	cached := installed{tool: withCache(), program: "psha1sum"}
	for _, tt := range []struct {
		row  row
		want string
	}{
		{row{kind: hits}, "psha1sum --cache=/c a b"},
		{row{kind: hitsWalk}, "psha1sum --cache=/c -r ."},
		{row{check: true}, "psha1sum --cache=/c -c /m"},
	} {
		if got, ok := cached.command(tt.row, w); !ok || strings.Join(got.args, " ") != tt.want {
			t.Errorf("command is %q, %v; want %q", got.args, ok, tt.want)
		}
	}
}

// cacheScript stands in for psha1sum: it hashes with GNU, creates a cache, and logs
// whether there was one.
const cacheScript = `#!/bin/sh
case $1 in
--cache=*)
	cache=${1#*=}
	shift
	if test -s "$cache"; then echo known; else echo new; fi >>"$0.log"
	head -c 1000 /dev/zero >"$cache"
	touch "$cache-wal" "$cache-shm"
	;;
esac
test "$*" != "-r ." || set -- $(find . -type f)
exec GNU "$@"
`

// cachingBench returns a bench with a script for psha1sum, and a function that returns
// the script's log.
func cachingBench(t *testing.T, script string) (b *bench, log func() string) {
	t.Helper()
	gnu, ok := reference.find()
	if !ok {
		t.Fatal("these tests need coreutils")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "stand-in")
	if err := os.WriteFile(program, []byte(strings.ReplaceAll(script, "GNU", gnu.program)), 0o777); err != nil {
		t.Fatal(err)
	}
	b = &bench{dir: dir, rounds: 2, log: t.Output(), cached: []installed{
		gnu, {tool: ours, program: program}, {tool: withCache(), program: program},
	}}
	b.tools = b.cached[:2]
	return b, func() string {
		text, err := os.ReadFile(program + ".log")
		if err != nil {
			t.Error(err)
		}
		return strings.Join(strings.Fields(string(text)), " ")
	}
}

// smallFiles are old enough to be cached at once.
func smallFiles(t *testing.T, b *bench) dataset {
	t.Helper()
	data := dataset{"small", "3 x 10 B", 3, always(10), flat}
	dir := filepath.Join(b.dir, data.name)
	if _, err := data.make(dir); err != nil {
		t.Fatal(err)
	}
	for _, path := range data.paths() {
		made := time.Now().Add(-24 * time.Hour)
		if err := os.Chtimes(filepath.Join(dir, path), made, made); err != nil {
			t.Fatal(err)
		}
	}
	return data
}

// TestRunCacheRows: there is a cache, or none, when psha1sum is timed, as the row says.
func TestRunCacheRows(t *testing.T) {
	tests := []struct {
		kind kind
		want string // in the runs to fill the cache, to compare, and in two rounds
	}{
		{hits, "new known known known"},
		{hitsWalk, "new known known known"},
		{fill, "new new new new"},
		{fillWalk, "new new new new"},
	}
	for _, tt := range tests {
		t.Run(string(tt.kind), func(t *testing.T) {
			b, log := cachingBench(t, cacheScript)
			r := row{name: "small-cache", data: smallFiles(t, b), kind: tt.kind}
			// What an earlier bench left is not taken for a full cache.
			if err := os.WriteFile(filepath.Join(b.dir, r.name+".db"), []byte("old"), 0o666); err != nil {
				t.Fatal(err)
			}
			res, err := b.run(r)
			if err != nil {
				t.Fatal(err)
			}
			if got := log(); got != tt.want {
				t.Errorf("the cache was %q, want %q", got, tt.want)
			}
			if self, ok := res.of("--cache"); len(res.Tools) != 3 || !ok || len(self.Wall) != 2 {
				t.Errorf("result is %+v, want three tools with two times each", res)
			}
		})
	}
}

// TestRunCacheRowsFinds: a row whose cache is not in the right state fails.
func TestRunCacheRowsFinds(t *testing.T) {
	both := []kind{hits, fill}
	tests := []struct {
		name     string
		old, new string // in cacheScript
		kinds    []kind
		want     error // nil for any
		text     string
	}{
		{"no cache for psha1sum", "exec", "echo going on without a cache >&2\nexec", both, errSkipped, "going on without"},
		{"a cache that lacks files", "1000", "70", both, nil, "has 70 bytes, less than 72"},
		{"no cache made", `>"$cache"`, ">/dev/null", both, os.ErrNotExist, ".db"},
		{"a wrong digest out of it", "then echo known", "then printf 1 >>f0001; echo known", []kind{hits}, errWrong, "--cache"},
	}
	for _, tt := range tests {
		for _, k := range tt.kinds {
			t.Run(tt.name+", "+string(k), func(t *testing.T) {
				b, _ := cachingBench(t, strings.Replace(cacheScript, tt.old, tt.new, 1))
				_, err := b.run(row{name: "small-cache", data: smallFiles(t, b), kind: k})
				if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
					t.Errorf("error is %v, want %v, %q", err, tt.want, tt.text)
				}
			})
		}
	}
}
