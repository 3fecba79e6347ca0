package main

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
)

var errTest = errors.New("error of the test")

func TestCommandLines(t *testing.T) {
	w := work{files: []string{"a", "b", "c"}, list: "/l", manifest: "/m", cpus: 2}
	repeated := w
	repeated.repeated = true
	fed := w
	fed.xargs = true
	hash, check, directory := row{}, row{check: true}, row{kind: walk}
	tests := []struct {
		tool  string
		row   row
		work  work
		want  string // "" if the tool can't
		stdin string
	}{
		{"psha1sum", hash, w, "psha1sum a b c", ""},
		{"psha1sum", hash, fed, "xargs -0 psha1sum", "/l"},
		{"psha1sum", check, w, "psha1sum -c /m", ""},
		{"psha1sum", check, fed, "psha1sum -c /m", ""},
		{"sha1sum", check, repeated, "sha1sum -c /m", ""},
		{"psha1sum", directory, w, "psha1sum -r .", ""},
		{"sha1sum", directory, w, `sh -c find . -type f -print0 | xargs -0 -P"$1" "$2" sh 2 sha1sum`, ""},
		{"hashdeep", directory, w, "hashdeep -c sha1 -l -r .", ""},
		{"rhash", directory, w, "rhash --sha1 -r .", ""},
		{"rclone", directory, w, "rclone hashsum sha1 .", ""},
		{"openssl", directory, w, "", ""},
		{"b3sum", directory, w, "", ""},
		{"cat -P8", directory, w, "", ""},
		{"openssl", hash, w, "xargs -0 -P 2 -n 2 -s 524288 openssl sha1", "/l"},
		{"openssl", check, w, "", ""},
		{"hashdeep", hash, w, "hashdeep -c sha1 -l a b c", ""},
		{"hashdeep", hash, fed, "xargs -0 hashdeep -c sha1 -l", "/l"},
		{"rhash", check, w, "rhash --sha1 -c /m", ""},
		{"rclone", hash, w, "rclone hashsum sha1 .", ""},
		{"rclone", check, w, "rclone checksum sha1 /m .", ""},
		{"rclone", check, repeated, "", ""},
		{"b3sum", hash, w, "b3sum a b c", ""},
		{"b3sum", check, w, "", ""},
		{"cat -P2", hash, w, "xargs -0 -P 2 -n 2 -s 524288 cat -P2", "/l"},
		{"cat -P32", hash, w, "xargs -0 -P 32 -n 1 -s 524288 cat -P32", "/l"},
		{"cat -P8", check, w, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.tool, func(t *testing.T) {
			all := slices.Concat([]tool{ours, reference}, peers, readers)
			i := slices.IndexFunc(all, func(u tool) bool { return u.name == tt.tool })
			got, ok := installed{tool: all[i], program: tt.tool}.command(tt.row, tt.work)
			if ok != (tt.want != "") || strings.Join(got.args, " ") != tt.want || got.stdin != tt.stdin {
				t.Errorf("command is %q with stdin %q, %v; want %q with %q", got.args, got.stdin, ok, tt.want, tt.stdin)
			}
		})
	}
}

// TestToldTools: the option comes first, right after the program.
func TestToldTools(t *testing.T) {
	w := work{files: []string{"a", "b"}, list: "/l", manifest: "/m"}
	fed := w
	fed.xargs = true
	told := installed{tool: ours.with("--json"), program: "psha1sum"}
	for _, tt := range []struct {
		row  row
		work work
		want string
	}{
		{row{}, w, "psha1sum --json a b"},
		{row{}, fed, "xargs -0 psha1sum --json"},
		{row{check: true}, w, "psha1sum --json -c /m"},
		{row{kind: walk}, w, "psha1sum --json -r ."},
	} {
		if got, ok := told.command(tt.row, tt.work); !ok || strings.Join(got.args, " ") != tt.want {
			t.Errorf("command is %q, %v; want %q", got.args, ok, tt.want)
		}
	}
}

func TestExecute(t *testing.T) {
	dir := t.TempDir()
	output := filepath.Join(dir, "out")
	if err := os.WriteFile(filepath.Join(dir, "in"), []byte("text"), 0o666); err != nil {
		t.Fatal(err)
	}

	t.Run("output and input are files", func(t *testing.T) {
		spent, err := execute(command{args: []string{"cat"}, stdin: filepath.Join(dir, "in")}, dir, output)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(output); string(got) != "text" {
			t.Errorf("cat printed %q, want %q", got, "text")
		}
		if spent.wall <= 0 {
			t.Errorf("it took %v", spent.wall)
		}
	})
	t.Run("the environment has what the command adds", func(t *testing.T) {
		c := command{args: []string{"sh", "-c", `printf %s "$VARIANT$HOME"`}, env: []string{"VARIANT=one"}}
		if _, err := execute(c, dir, output); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(output); string(got) != "one"+os.Getenv("HOME") {
			t.Errorf("printed %q", got)
		}
	})
	t.Run("output is thrown away", func(t *testing.T) {
		if _, err := execute(command{args: []string{"echo", "text"}, quiet: true}, dir, output); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(output); err != nil || len(got) > 0 {
			t.Errorf("the output has %q, error %v", got, err)
		}
	})
	t.Run("a failure tells what the command said", func(t *testing.T) {
		_, err := execute(command{args: []string{"sh", "-c", "echo oh no >&2; exit 3"}}, dir, output)
		if err == nil || !strings.Contains(err.Error(), "exit status 3: oh no") {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("a missing program", func(t *testing.T) {
		if _, err := execute(command{args: []string{"/nonexistent/program"}}, dir, output); err == nil {
			t.Error("no error")
		}
	})
}

// TestRunComparesOutputs: a stand-in for psha1sum with other output is detected, and
// GNU's own is accepted.
func TestRunComparesOutputs(t *testing.T) {
	gnu, ok := reference.find()
	if !ok {
		t.Fatal("these tests need coreutils")
	}
	data := dataset{"small", "3 x 10 B", 3, always(10), flat}
	tests := []struct {
		name   string
		script string
		err    string
	}{
		{"equal", `exec "` + gnu.program + `" "$@"`, ""},
		{"wrong digest", gnu.program + ` "$@" | tr 0-9 1-90`, "differ"},
		{"other order", gnu.program + ` "$@" | sort -r`, "differ"},
		{"failure", `exit 1`, "exit status 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			program := filepath.Join(dir, "stand-in")
			if err := os.WriteFile(program, []byte("#!/bin/sh\n"+tt.script+"\n"), 0o777); err != nil {
				t.Fatal(err)
			}
			b := &bench{dir: dir, rounds: 2, log: t.Output(), tools: []installed{gnu, {tool: ours, program: program}}}
			for _, r := range []row{
				{name: "small", data: data},
				{name: "fed", data: data, fed: true},
				{name: "check", data: data, check: true, lines: 7},
			} {
				res, err := b.run(r)
				if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%s: error %v, want %q", r.name, err, tt.err)
				}
				if err == nil && (len(res.Tools) != 2 || len(res.Tools[1].Wall) != 2) {
					t.Errorf("%s: result is %+v, want two tools with two times each", r.name, res)
				}
			}
		})
	}
}

// TestRunComparesDirectories: files may be printed in any order, but with find's names,
// each once.
func TestRunComparesDirectories(t *testing.T) {
	gnu, ok := reference.find()
	if !ok {
		t.Fatal("these tests need coreutils")
	}
	data := dataset{"directory", "30 x 10 B", 30, always(10), func(i int) string { return tree(i * 50) }}
	sorted := `test "$*" = "-r ." && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 "` + gnu.program + `"`
	tests := []struct {
		name   string
		script string
		err    string
	}{
		{"sorted", sorted, ""},
		{"in reverse", sorted + " | sort -r", ""},
		{"wrong digests", sorted + " | sed 's/^..../0000/'", "differ"},
		{"a file is missing", sorted + " | sed 5d", "differ"},
		{"a file comes twice", sorted + " | sed 5p", "differ"},
		{"other names", sorted + " | sed 's,  [.]/,  ,'", "differ"},
		{"failure", "exit 1", "exit status 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			program := filepath.Join(dir, "stand-in")
			if err := os.WriteFile(program, []byte("#!/bin/sh\n"+tt.script+"\n"), 0o777); err != nil {
				t.Fatal(err)
			}
			b := &bench{dir: dir, rounds: 2, log: t.Output(), tools: []installed{gnu, {tool: ours, program: program}}}
			_, err := b.run(row{name: "directory", data: data, kind: walk})
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}

// TestPeersWalkDirectories: the real peers find a directory's files and print GNU's
// digests.
func TestPeersWalkDirectories(t *testing.T) {
	gnu, ok := reference.find()
	if !ok {
		t.Fatal("these tests need coreutils")
	}
	data := dataset{"directory", "30 x 10 B", 30, always(10), func(i int) string { return tree(i * 50) }}
	for _, peer := range peers {
		if peer.walk == nil {
			continue
		}
		t.Run(peer.name, func(t *testing.T) {
			found, ok := peer.find()
			if !ok {
				t.Skip(peer.name + " is not installed")
			}
			b := &bench{dir: t.TempDir(), rounds: 1, log: t.Output(), tools: []installed{gnu, found}}
			res, err := b.run(row{name: "directory", data: data, kind: walk})
			if err != nil {
				t.Fatal(err)
			}
			if len(res.Tools) != 2 {
				t.Errorf("left out %q", res.LeftOut)
			}
		})
	}
}

// TestPeakMemoryIsTheCommandsOwn: the peak is not that of this process, which is made
// larger first.
func TestPeakMemoryIsTheCommandsOwn(t *testing.T) {
	gnuTime, err := findGNUTime()
	if err != nil {
		t.Skip(err)
	}
	ballast := make([]byte, 200<<20)
	for i := range ballast {
		ballast[i] = 1
	}
	peak, err := peakMemory(gnuTime, command{args: []string{"cat", "/dev/null"}}, t.TempDir(), filepath.Join(t.TempDir(), "out"))
	runtime.KeepAlive(ballast)
	if err != nil {
		t.Fatal(err)
	}
	if peak < 100 || peak > 50<<10 {
		t.Errorf("peak memory of cat is %d KiB", peak)
	}
}

func TestFitsInMemory(t *testing.T) {
	if _, err := os.Stat("/proc/meminfo"); err != nil {
		t.Skip(err)
	}
	huge := dataset{"huge", "", 1, always(1 << 60), flat}
	if err := fitsInMemory([]row{{data: huge}}); err == nil {
		t.Error("an exbibyte fits in memory")
	}
	if err := fitsInMemory([]row{{data: huge, kind: cold}}); err != nil {
		t.Errorf("an exbibyte that needs not be in memory: %v", err)
	}
	small := dataset{"small", "", 1, always(1), flat}
	if err := fitsInMemory([]row{{data: small}, {data: small, check: true}}); err != nil {
		t.Errorf("one byte: %v", err)
	}
}

func TestHashingFeatures(t *testing.T) {
	tests := []struct{ flags, want string }{
		{"fpu sse2 avx2 avx512f sha_ni xsave", "avx2 avx512f sha_ni"},
		{"fp asimd sha1 sha2 crc32", "sha1 sha2"},
		{"fpu", ""},
	}
	for _, tt := range tests {
		if got := hashingFeatures(tt.flags); got != tt.want {
			t.Errorf("hashingFeatures(%q) = %q, want %q", tt.flags, got, tt.want)
		}
	}
}

func TestCommandLine(t *testing.T) {
	tests := []struct {
		args   string
		rounds int
		err    string
	}{
		{"", 0, ""},
		{"-quick", 0, ""},
		{"--quick --rounds 3", 3, ""},
		{"-rounds -1", 0, "must be positive"},
		{"operand", 0, "unexpected operand"},
		{"-nonsense", 0, "usage"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			c, err := parseConfig(strings.Fields(tt.args), t.Output())
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error is %v, want %q", err, tt.err)
			}
			if err == nil && c.rounds != tt.rounds {
				t.Errorf("rounds = %d, want %d", c.rounds, tt.rounds)
			}
		})
	}
}

// standIn writes a shell script that stands in for a program; $GNU in it is the path of
// GNU sha1sum.
func standIn(t *testing.T, gnu installed, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stand-in")
	script = "#!/bin/sh\n" + strings.ReplaceAll(script, "GNU", `"`+gnu.program+`"`) + "\n"
	if err := os.WriteFile(path, []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRunOld: an earlier psha1sum that fails is left out of the row, wrong digests end
// the run, and other output may differ.
func TestRunOld(t *testing.T) {
	gnu, ok := reference.find()
	if !ok {
		t.Fatal("these tests need coreutils")
	}
	self := gnu
	self.tool = ours
	data := dataset{"small", "3 x 10 B", 3, always(10), flat}
	tests := []struct {
		name    string
		script  string
		tools   int
		leftOut string
		err     error
	}{
		{"equal", `exec GNU "$@"`, 3, "", nil},
		{"other lines", `GNU "$@" | sort -r | sed 's/  / */'`, 3, "", nil},
		{"failure", `case $1 in --version) ;; *) echo oh no >&2; exit 3 ;; esac`, 2, "old: stand-in: exit status 3: oh no", nil},
		{"another digest", `GNU "$@" | sed 's/^..../0000/'`, 0, "", errWrong},
		{"a digest is missing", `GNU "$@" | sed 1d`, 0, "", errWrong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := &earlier{program: standIn(t, gnu, tt.script), origin: "of the test"}
			old, err := before.as(ours)
			if err != nil {
				t.Fatal(err)
			}
			if old.name != oldName || old.note != "of the test" {
				t.Errorf("old is %q, %q", old.name, old.note)
			}
			b := &bench{dir: t.TempDir(), rounds: 3, log: t.Output(), tools: []installed{gnu, self, old}}
			res, err := b.run(row{name: "small", data: data, kind: warm})
			if !errors.Is(err, tt.err) {
				t.Fatalf("error is %v, want %v", err, tt.err)
			}
			if len(res.Tools) != tt.tools || !strings.Contains(strings.Join(res.LeftOut, "\n"), tt.leftOut) || (tt.leftOut == "") != (len(res.LeftOut) == 0) {
				t.Errorf("%d tools took part, left out %q; want %d, %q", len(res.Tools), res.LeftOut, tt.tools, tt.leftOut)
			}
			values, why := againstOld.of(rowResult{Tools: append(res.Tools, toolResult{Tool: "none"})})
			if measured := tt.tools == 3; measured != (len(values) == 3) || measured != (why == "") {
				t.Errorf("against old are %v, %q", values, why)
			}
		})
	}
}

// TestOldMustTellItsVersion: an old psha1sum must print its version.
func TestOldMustTellItsVersion(t *testing.T) {
	gnu, _ := reference.find()
	before := &earlier{program: standIn(t, gnu, "exit 1")}
	b := &bench{log: t.Output()}
	if err := b.findTools(gnu.program, before, nil); err == nil {
		t.Error("no error")
	}
	if err := b.findTools(gnu.program, &earlier{program: gnu.program}, nil); err != nil {
		t.Fatal(err)
	}
	for name, lineup := range map[string][]installed{"sha1": b.tools, "md5": b.others["md5"]} {
		if len(lineup) != 3 || lineup[1].name != ours.name || lineup[2].name != oldName {
			t.Errorf("%s: the lineup is %+v, want GNU's, psha1sum, old", name, lineup)
		}
	}
}

// TestRoundsTurnTheOrderAbout: the order of tools is reversed each round, and times are
// assigned to rounds.
func TestRoundsTurnTheOrderAbout(t *testing.T) {
	gnu, ok := reference.find()
	if !ok {
		t.Fatal("these tests need coreutils")
	}
	log := filepath.Join(t.TempDir(), "log")
	named := func(t0 tool) installed {
		return installed{tool: t0, program: standIn(t, gnu, "echo "+t0.name+" >>'"+log+"'\n"+`exec GNU "$@"`)}
	}
	b := &bench{dir: t.TempDir(), rounds: 3, log: t.Output(), tools: []installed{
		named(reference), named(ours), named(ours.variant(oldName, nil)),
	}}
	res, err := b.run(row{name: "small", data: dataset{"small", "1 x 10 B", 1, always(10), flat}, kind: warm})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	// Once for the digests, and in three rounds.
	const want = "sha1sum" + " sha1sum psha1sum old" + " sha1sum psha1sum old" + " old psha1sum sha1sum" + " sha1sum psha1sum old"
	if got := strings.Join(strings.Fields(string(text)), " "); got != want {
		t.Errorf("the order was %s, want %s", got, want)
	}
	for i, name := range []string{"sha1sum", "psha1sum", "old"} {
		if res.Tools[i].Tool != name || len(res.Tools[i].Wall) != 3 || len(res.Tools[i].CPU) != 3 {
			t.Errorf("tool %d is %+v, want %s with three times", i, res.Tools[i], name)
		}
	}
}

// TestRunAlgorithmRow: psha1sum and old get -a, and the digests are those of the
// algorithm's GNU tool.
func TestRunAlgorithmRow(t *testing.T) {
	gnu, ok := computed("sha256").find()
	if !ok {
		t.Fatal("these tests need coreutils")
	}
	sha1 := `test "$1 $2" = "-a sha256" || exit 4; shift 2; exec sha1sum "$@"`
	sha256 := strings.Replace(sha1, "sha1sum", "GNU", 1)
	self, _ := computing(hasher.SHA256)
	r := row{name: "small-sha256", data: dataset{"small", "2 x 10 B", 2, always(10), flat}, kind: algorithms, alg: "sha256"}
	for _, tt := range []struct {
		name, self, old string
		tools           int
		err             error
	}{
		{"equal", sha256, sha256, 3, nil},
		{"old doesn't know it", sha256, "exit 1", 2, nil},
		{"psha1sum is wrong", sha1, sha256, 0, errWrong},
		{"old is wrong", sha256, sha1, 0, errWrong},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := &bench{dir: t.TempDir(), rounds: 2, log: t.Output(), others: map[string][]installed{"sha256": {
				gnu, {tool: self, program: standIn(t, gnu, tt.self)},
				{tool: self.variant(oldName, nil), program: standIn(t, gnu, tt.old)},
			}}}
			res, err := b.run(r)
			if !errors.Is(err, tt.err) || len(res.Tools) != tt.tools {
				t.Fatalf("%d tools took part, error %v; want %d, %v", len(res.Tools), err, tt.tools, tt.err)
			}
			if err == nil && res.gnu().Tool != "sha256sum" {
				t.Errorf("the reference is %s, want sha256sum", res.gnu().Tool)
			}
		})
	}
	b := &bench{dir: t.TempDir(), rounds: 1, log: t.Output()}
	if _, err := b.run(r); !errors.Is(err, errSkipped) {
		t.Errorf("without sha256sum the error is %v, want %v", err, errSkipped)
	}
}

// computed returns a tool with the algorithm's name.
func computed(alg string) tool {
	_, gnu := computing(hasher.Lookup(alg))
	return gnu
}

// TestRunStartUp: start-up is measured in many runs, without peers.
func TestRunStartUp(t *testing.T) {
	gnu, ok := reference.find()
	if !ok {
		t.Fatal("these tests need coreutils")
	}
	self := gnu
	self.tool = ours
	old := self
	old.name = oldName
	b := &bench{dir: t.TempDir(), rounds: 2, quick: true, log: t.Output(), tools: []installed{gnu, self, old, {tool: peers[0]}}}
	res, err := b.run(row{name: "start-up", data: empty, kind: startUp})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Tools) != 3 {
		t.Fatalf("%d tools took part, want 3", len(res.Tools))
	}
	for _, tool := range res.Tools {
		if len(tool.Wall) != 40 {
			t.Errorf("%s: %d times, want 2 rounds of 2 turns of 10 runs", tool.Tool, len(tool.Wall))
		}
	}
}

// TestRunAllSkips: a row that doesn't fit on this machine is reported, and the others
// continue.
func TestRunAllSkips(t *testing.T) {
	gnu, ok := reference.find()
	if !ok {
		t.Fatal("these tests need coreutils")
	}
	self := gnu
	self.tool = ours
	b := &bench{dir: t.TempDir(), rounds: 1, log: t.Output(), tools: []installed{gnu, self}}
	var rep report
	err := b.runAll([]row{
		{name: "huge", data: dataset{"huge", "1 x 1 EiB", 1, always(1 << 60), flat}},
		{name: "small", data: dataset{"small", "1 x 10 B", 1, always(10), flat}},
	}, &rep)
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Rows) != 1 || rep.Rows[0].Name != "small" {
		t.Errorf("rows are %+v, want that of small", rep.Rows)
	}
	if len(rep.Skipped) != 1 || !strings.HasPrefix(rep.Skipped[0], "1 x 1 EiB: skipped: ") {
		t.Errorf("skipped are %q, want huge", rep.Skipped)
	}
}

// TestRunLeavesOutOrEnds: a peer that fails is left out of the row; wrong digests end
// the run.
func TestRunLeavesOutOrEnds(t *testing.T) {
	gnu, ok := reference.find()
	if !ok {
		t.Fatal("these tests need coreutils")
	}
	self := gnu
	self.tool = ours
	peer := func(argv ...string) installed {
		return installed{tool: tool{name: "peer", parse: parseSums, hash: func(string, work) command {
			return command{args: argv}
		}}}
	}
	data := dataset{"small", "1 x 10 B", 1, always(10), flat}
	tests := []struct {
		name    string
		peer    installed
		leftOut int
		err     error
	}{
		{"failure", peer("false"), 1, nil},
		{"not even started", peer("/nonexistent/program"), 1, nil},
		{"another digest", peer("echo", digestA+"  f0000"), 0, errWrong},
		{"no digest", peer("true"), 0, errWrong},
		{"rubbish", peer("echo", "rubbish"), 0, errWrong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &bench{dir: t.TempDir(), rounds: 1, log: t.Output(), tools: []installed{gnu, self, tt.peer}}
			res, err := b.run(row{name: "small", data: data})
			if !errors.Is(err, tt.err) || len(res.LeftOut) != tt.leftOut {
				t.Errorf("left out %q, error %v; want %d, %v", res.LeftOut, err, tt.leftOut, tt.err)
			}
		})
	}
}
