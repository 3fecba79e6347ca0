//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// attackDigests runs one of this family's attacks.
func attackDigests(t *trial) {
	ways := []func(*trial){
		attackAtRest, attackFUSE, attackMoving, attackFewThreads, attackAtRest, attackFUSE, attackMoving, attackKernelFiles,
	}
	ways[t.number%len(ways)](t)
}

// attackAtRest hashes unchanging files with random settings.
func attackAtRest(t *trial) {
	p, err := t.newPool(filepath.Join(t.dir, "pool"), 20+t.IntN(180), 6<<20)
	if err != nil {
		t.note("no files to hash: %v", err)
		return
	}
	t.hashPool(p, 10)
}

// hashPool hashes a pool's files several times, with random settings and modes.
func (t *trial) hashPool(p *pool, runs int) {
	for range runs {
		if t.over() {
			return
		}
		c := command{dir: p.dir}
		if p.served {
			c.dir, c.args = t.dir, []string{"-C", p.dir}
		}
		c.args = append(c.args, randomSettings(t, &c)...)
		way := pick[mode](t.Rand, modePlain, modePlain, modeTag, modeZero, modeJSON, modeOutput, modeTree, modeList, modeCheck, modeCheck, modeCheckJSON, modeSeveral)
		way(t, p, c, pick(t.Rand, algorithms...))
	}
}

// kernels are names for PSHA1SUM_DISABLE: groups of kernels and kernels, of all
// algorithms or one.
var kernels = []string{
	"avx512", "avx2", "shani", "crypto", "minio", "generic", "avx512-x1", "avx512-x4", "avx512-x8", "avx512-x16", "avx2-x1", "avx2-x4", "avx2-x8",
	"shani-x1", "shani-x2", "shani-x3", "shani-x4", "crypto/sha1", "md5/avx512", "sha256/shani-x1", "sha512/avx2", "blake2b/avx512-x8",
}

// randomSettings chooses settings that must not change the result, and returns the
// options.
func randomSettings(t *trial, c *command) (args []string) {
	if t.chance(40) {
		var names []string
		percent := pick(t.Rand, 10, 50, 90)
		for _, name := range kernels {
			if t.chance(percent) {
				names = append(names, name)
			}
		}
		c.env = append(c.env, "PSHA1SUM_DISABLE="+strings.Join(names, ","))
	}
	ring := false
	switch t.IntN(4) {
	case 0:
		args = append(args, "--io=read")
	case 1:
		if ring = !t.machine.noRing; ring {
			args = append(args, "--io=uring")
		}
	}
	if t.chance(40) {
		args = append(args, "-j", fmt.Sprint(pick(t.Rand, 1, 2, 3, 1+t.IntN(64))))
	}
	if t.chance(40) {
		args = append(args, fmt.Sprintf("--io-jobs=%d", pick(t.Rand, 1, 2, 1+t.IntN(16), 1+t.IntN(500))))
	}
	if t.chance(10) {
		args = append(args, "--drop-cache")
	}
	if t.chance(15) {
		c.denied.CPUs = []int{pick(t.Rand, t.machine.cpus...)}
	}
	if ring {
		return args // it was requested, so its descriptors and system calls must be available
	}
	if t.chance(20) {
		c.denied.Files = uint64(pick(t.Rand, 10, 12, 16, 20, 28, 40, 64))
	}
	if t.chance(30) && t.machine.seccomp {
		c.denied.Calls = someRefused(t.Rand)
	}
	return args
}

// A mode hashes or checks files of a pool and compares the output.
type mode func(*trial, *pool, command, algorithm)

// gives runs a command and compares its output and status.
func (t *trial) gives(c command, digests int, stdout, status string) {
	o := t.run(c)
	t.count("digests", digests)
	if t.ended() {
		return
	}
	if o.stdout != stdout || o.status != status || status == "exit 0" && o.stderr != "" {
		t.find("wrong output: %s\n%s\n%s", firstDifference(o.stdout, stdout), c.words(), o)
	}
}

// firstDifference describes the first line that differs.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d of %d is %.300q, want %.300q of %d", i+1, len(g), g[i], w[i], len(w))
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// plainLines returns GNU's lines for files. No name in a pool needs escaping.
func (p *pool) plainLines(alg algorithm, names []string, between, end string) string {
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "%s%s%s%s", p.of[alg][name], between, name, end)
	}
	return b.String()
}

func modePlain(t *trial, p *pool, c command, alg algorithm) {
	names, between := p.some(t.Rand), "  "
	if t.chance(20) {
		between = " *"
		c.args = append(c.args, "-b")
	}
	c.args = slices.Concat(c.args, alg.options(), []string{"--"}, names)
	t.gives(c, len(names), p.plainLines(alg, names, between, "\n"), "exit 0")
}

// tagLine returns GNU's line with --tag.
func (p *pool) tagLine(alg algorithm, name string) string {
	return fmt.Sprintf("%s (%s) = %s\n", alg.tag, name, p.of[alg][name])
}

func modeTag(t *trial, p *pool, c command, alg algorithm) {
	names := p.some(t.Rand)
	var want strings.Builder
	for _, name := range names {
		want.WriteString(p.tagLine(alg, name))
	}
	c.args = slices.Concat(c.args, alg.options(), []string{"--tag", "--"}, names)
	t.gives(c, len(names), want.String(), "exit 0")
}

func modeZero(t *trial, p *pool, c command, alg algorithm) {
	names := p.some(t.Rand)
	c.args = slices.Concat(c.args, alg.options(), []string{"-z", "--"}, names)
	t.gives(c, len(names), p.plainLines(alg, names, "  ", "\x00"), "exit 0")
}

// modeSeveral computes several algorithms in one pass.
func modeSeveral(t *trial, p *pool, c command, _ algorithm) {
	names := p.some(t.Rand)
	names = names[:min(len(names), 40)]
	var algs []algorithm
	var list []string
	for _, alg := range algorithms {
		if alg.bits == 0 && t.chance(35) {
			algs, list = append(algs, alg), append(list, alg.name)
		}
	}
	if len(algs) < 2 {
		algs, list = algorithms[:2], []string{"sha1", "md5"}
	}
	var want strings.Builder
	for _, name := range names {
		for _, alg := range algs {
			want.WriteString(p.tagLine(alg, name))
		}
	}
	c.args = slices.Concat(c.args, []string{"-a", strings.Join(list, ","), "--"}, names)
	t.gives(c, len(names)*len(algs), want.String(), "exit 0")
}

// modeOutput writes to a file.
func modeOutput(t *trial, p *pool, c command, alg algorithm) {
	names := p.some(t.Rand)
	to := filepath.Join(t.dir, "output")
	c.args = slices.Concat(c.args, alg.options(), []string{"-o", to, "--"}, names)
	t.gives(c, len(names), "", "exit 0")
	text, _ := os.ReadFile(to)
	if want := p.plainLines(alg, names, "  ", "\n"); string(text) != want && !t.ended() {
		t.find("the file of -o is wrong: %s\n%s", firstDifference(string(text), want), c.words())
	}
}

// modeTree uses -r.
func modeTree(t *trial, p *pool, c command, alg algorithm) {
	names := p.below
	top := pick(t.Rand, "", ".", p.dir)
	prefix := "./"
	c.args = slices.Concat(c.args, alg.options(), []string{"-r"})
	if top != "" {
		c.args = append(c.args, top)
		prefix = top + "/"
	}
	var want strings.Builder
	for _, name := range names {
		fmt.Fprintf(&want, "%s  %s%s\n", p.of[alg][name], prefix, name)
	}
	t.gives(c, len(names), want.String(), "exit 0")
}

// modeList reads the names from a list.
func modeList(t *trial, p *pool, c command, alg algorithm) {
	names := p.some(t.Rand)
	list := filepath.Join(t.dir, "list")
	if err := os.WriteFile(list, []byte(strings.Join(names, "\x00")+"\x00"), 0o644); err != nil {
		t.note("%v", err)
		return
	}
	if t.chance(50) {
		c.stdin, list = list, "-"
	}
	c.args = slices.Concat(c.args, alg.options(), []string{"--files0-from=" + list})
	t.gives(c, len(names), p.plainLines(alg, names, "  ", "\n"), "exit 0")
}

// wrong sometimes returns another digest of the same length.
func wrong(r *rand.Rand, digest string) string {
	if r.IntN(10) > 0 {
		return digest
	}
	at := r.IntN(len(digest))
	other := byte('0')
	if digest[at] == '0' {
		other = '1'
	}
	return digest[:at] + string(other) + digest[at+1:]
}

// manifest writes a manifest of some files, with some wrong digests, and returns its
// path, names and digests.
func (t *trial) manifest(p *pool, alg algorithm) (path string, names, digests []string) {
	names = p.some(t.Rand)
	var text strings.Builder
	for _, name := range names {
		digest := wrong(t.Rand, p.of[alg][name])
		digests = append(digests, digest)
		switch t.IntN(3) {
		case 0:
			fmt.Fprintf(&text, "%s (%s) = %s\n", alg.tag, name, digest)
		case 1:
			fmt.Fprintf(&text, "%s *%s\n", digest, name)
		default:
			fmt.Fprintf(&text, "%s  %s\n", digest, name)
		}
	}
	path = filepath.Join(t.dir, "manifest")
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		t.note("%v", err)
	}
	return path, names, digests
}

func modeCheck(t *trial, p *pool, c command, alg algorithm) {
	path, names, digests := t.manifest(p, alg)
	var want strings.Builder
	status := "exit 0"
	for i, name := range names {
		verdict := "OK"
		if digests[i] != p.of[alg][name] {
			verdict, status = "FAILED", "exit 1"
		}
		fmt.Fprintf(&want, "%s: %s\n", name, verdict)
	}
	if t.chance(30) {
		c.stdin, path = path, "-"
	}
	c.args = slices.Concat(c.args, []string{"-a", alg.name, "--check", path})
	t.gives(c, len(names), want.String(), status)
}

// A jsonLine is the part of a --json line that is compared.
type jsonLine struct {
	Type, Status, Name, Algorithm, Digest, Expected string
	Exit                                            *int `json:"exit_status"`
}

// jsonFiles returns the lines about files, and an error about the rest of --json.
func jsonFiles(o outcome) (files []jsonLine, trouble error) {
	ended := false
	for text := range strings.Lines(o.stdout) {
		var line jsonLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			return nil, fmt.Errorf("%w: %.300q", err, text)
		}
		switch {
		case ended:
			return nil, fmt.Errorf("after the total: %.300q", text)
		case line.Type == "file":
			files = append(files, line)
		case line.Type == "total":
			ended = true
			if line.Exit == nil || fmt.Sprintf("exit %d", *line.Exit) != o.status {
				return nil, fmt.Errorf("%s: %.300q", o.status, text)
			}
		}
	}
	if !ended {
		return nil, fmt.Errorf("no total")
	}
	return files, nil
}

// givesJSON runs a command and compares its lines about files.
func (t *trial) givesJSON(c command, want []jsonLine) {
	o := t.run(c)
	t.count("digests", len(want))
	if t.ended() {
		return
	}
	got, err := jsonFiles(o)
	if err != nil {
		t.find("wrong --json: %v\n%s\n%s", err, c.words(), o)
		return
	}
	if !slices.Equal(got, want) {
		t.find("wrong --json: %s\n%s\n%s", firstDifference(fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want)), c.words(), o)
	}
}

func modeJSON(t *trial, p *pool, c command, alg algorithm) {
	names := p.some(t.Rand)
	var want []jsonLine
	for _, name := range names {
		want = append(want, jsonLine{Type: "file", Status: "computed", Name: name, Algorithm: alg.name, Digest: p.of[alg][name]})
	}
	c.args = slices.Concat(c.args, alg.options(), []string{"--json", "--"}, names)
	t.givesJSON(c, want)
}

func modeCheckJSON(t *trial, p *pool, c command, alg algorithm) {
	path, names, digests := t.manifest(p, alg)
	var want []jsonLine
	for i, name := range names {
		line := jsonLine{Type: "file", Status: "verified", Name: name, Algorithm: alg.name, Digest: p.of[alg][name]}
		if digests[i] != line.Digest {
			line.Status, line.Expected = "mismatch", digests[i]
		}
		want = append(want, line)
	}
	c.args = slices.Concat(c.args, []string{"-a", alg.name, "--json", "--check", path})
	t.givesJSON(c, want)
}

// attackKernelFiles hashes files in /proc and /sys, whose size is unknown. Files for
// which GNU's digest changes meanwhile are ignored.
func attackKernelFiles(t *trial) {
	var names []string
	for _, pattern := range []string{"/proc/*", "/proc/sys/*/*", "/sys/kernel/*/*", "/sys/class/*/*/*", "/sys/module/*/parameters/*", "/proc/1/*", "/proc/fs/*/*/*"} {
		matches, _ := filepath.Glob(pattern)
		t.Shuffle(len(matches), func(i, j int) { matches[i], matches[j] = matches[j], matches[i] })
		for _, name := range matches[:min(len(matches), 60)] {
			if steadyKernelFile(name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		t.note("no files of the kernel below /proc and /sys")
		return
	}
	lines := func(o outcome) map[string]string {
		of := make(map[string]string)
		for line := range strings.Lines(o.stdout) {
			if digest, name, found := strings.Cut(line, "  "); found {
				of[name] = digest
			}
		}
		return of
	}
	args := append([]string{"--"}, names...)
	before := lines(t.gnu("sha1sum", "/", args...))
	for range 6 {
		if t.over() {
			return
		}
		c := command{dir: "/"}
		c.args = append(randomSettings(t, &c), args...)
		ours := lines(t.run(c))
		after := lines(t.gnu("sha1sum", "/", args...))
		for name, want := range before {
			if want != after[name] {
				continue
			}
			t.count("digests", 1)
			if got := ours[name]; got != want && !t.ended() && t.stillSo(c, name, want, lines) {
				t.find("%s: %s, want %s\n%s", name, got, want, c.words())
			}
		}
		before = after
	}
}

// stillSo reports whether GNU repeatedly prints the same digest for a kernel file while
// psha1sum prints another: some files alternate.
func (t *trial) stillSo(c command, name, want string, lines func(outcome) map[string]string) bool {
	c.args = append(slices.Clone(c.args[:slices.Index(c.args, "--")+1]), name)
	for range 5 {
		if lines(t.gnu("sha1sum", "/", "--", name))[name] != want || lines(t.run(c))[name] == want {
			return false
		}
	}
	return true
}

// steadyKernelFile reports whether a kernel file may be read: it is regular, doesn't
// block, is not endless, and reading has no effects.
func steadyKernelFile(name string) bool {
	for _, part := range []string{"kmsg", "kcore", "kpage", "pagemap", "trace", "debug", "/mem", "clear_refs", "sysrq", "bpf", "event", "autosuspend", "acpi", "vmcore", "usermodehelper"} {
		if strings.Contains(name, part) {
			return false
		}
	}
	info, err := os.Lstat(name)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o400 != 0
}
