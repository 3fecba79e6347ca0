package docs_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"golang.org/x/sys/unix"
)

// A completer is a shell with our completions. It returns what it offers for the
// last word of a line, as the program would get it.
type completer func(t *testing.T, line string) []string

// completers start each shell in a directory.
var completers = map[string]func(t *testing.T, dir string) completer{
	"bash": bashCompleter,
	"zsh":  zshCompleter,
	"fish": fishCompleter,
}

// TestCompletion checks the completions in the real shells.
func TestCompletion(t *testing.T) {
	clitest.NeedOwn(t)
	var long, short, algorithms, others []string
	for _, o := range listedForms(t) {
		long = append(long, o.long)
		if o.short != "" {
			short = append(short, o.short)
		}
	}
	algorithms = append(algorithmNames(), "auto")
	for _, name := range algorithmNames() {
		if name != "md5" && name != "sha1" {
			others = append(others, "sha1,md5,"+name)
		}
	}
	directories := []string{"dir2", "the directory"}
	for shell, start := range completers {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, name := range directories {
				clitest.Write(t, dir, name+"/inside", "")
			}
			clitest.Write(t, dir, "with space", "")
			offers := start(t, dir)
			for _, test := range []struct {
				line string
				want []string
			}{
				{"psha1sum --", long},
				{"psha1sum -", slices.Concat(short, long)},
				{"psha1sum with -", slices.Concat(short, long)},
				{"psha1sum --one", []string{"--one-file-system"}},
				{"psha1sum -a ", algorithms},
				{"psha1sum -ra ", algorithms},
				{"psha1sum --algorithm ", algorithms},
				{"psha1sum --algorithm=", algorithms},
				{"psha1sum -a sha512-", []string{"sha512-256"}},
				{"psha1sum -a sha1,md5,", others},
				{"psha1sum --algorithm=sha1,md5,", others},
				{"psha1sum --io=", []string{"auto", "read", "uring"}},
				{"psha1sum --io ", []string{"auto", "read", "uring"}},
				{"psha1sum --io=r", []string{"read"}},
				{"psha1sum --io=x", nil},
				{"psha1sum --progress=", []string{"auto", "always", "never"}},
				{"psha1sum --progress n", []string{"never"}},
				{"psha1sum -c --relative-to=", []string{"manifest"}},
				{"psha1sum -C ", directories},
				{"psha1sum -rC ", directories},
				{"psha1sum --directory ", directories},
				{"psha1sum --directory=", directories},
				{"psha1sum --directory=d", []string{"dir2"}},
				{"psha1sum -c --audit ", directories},
				{"psha1sum -c --audit=d", []string{"dir2"}},
				{"psha1sum -c --report ", []string{"github", "junit:"}},
				{"psha1sum -c --report=", []string{"github", "junit:"}},
				{"psha1sum -c --report=g", []string{"github"}},
				{"psha1sum -c --report=j", []string{"junit:"}},
				{"psha1sum -c --report=junit:w", []string{"junit:with space"}},
				{"psha1sum -c --report junit:w", []string{"junit:with space"}},
				{"psha1sum -c --report=junit:x w", []string{"with space"}},
				{"psha1sum -c --report=github w", []string{"with space"}},
				{"psha1sum -c --require w", []string{"with space"}},
				{"psha1sum -c --require=w", []string{"with space"}},
				{"psha1sum --expect ", nil},
				{"psha1sum --expect=", nil},
				{"psha1sum --expect=da39 w", []string{"with space"}},
				{"psha1sum -c --json --explain --fail-fast w", []string{"with space"}},
				{"psha1sum -j ", nil},
				{"psha1sum --io-jobs=", nil},
				{"psha1sum -a blake2b -l ", nil},
				{"psha1sum w", []string{"with space"}},
				{"psha1sum -c w", []string{"with space"}},
				{"psha1sum -a sha1 w", []string{"with space"}},
				{"psha1sum --io=read w", []string{"with space"}},
				{"psha1sum -o w", []string{"with space"}},
				{"psha1sum --output=w", []string{"with space"}},
				{"psha1sum --files0-from=w", []string{"with space"}},
				{"psha1sum ", append([]string{"with space"}, directories...)},
			} {
				offers.want(t, test.line, test.want)
			}
			for _, tool := range toolNames() {
				offers.want(t, tool+" --io=", []string{"auto", "read", "uring"})
			}
		})
	}
}

// TestCompletionNames checks the completion of file names that a shell could mistake for
// something else.
func TestCompletionNames(t *testing.T) {
	clitest.NeedOwn(t)
	names := []string{
		"with space", "two  spaces", "new\nline", "it's", `quo"te`, `back\slash`, "a$HOME", "`date`", "$(date)",
		"semi;colon", "amper&sand", "pi|pe", "star*", "quest?", "[abc]", "{a,b}", "~tilde", "#hash", "-dash", "--io=x",
		"co:lon", "eq=ual", "comma,comma", "bang!", "paren(", "less<", "é", "日本",
	}
	for shell, start := range completers {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			dir, names := t.TempDir(), slices.Clone(names)
			if shell != "fish" { // which separates words and descriptions by tabs
				names = append(names, "tab\tin")
			}
			for _, name := range names {
				clitest.Write(t, dir, name, "")
			}
			offers := start(t, dir)
			for _, line := range []string{"psha1sum -- ", "psha1sum -c -- ", "psha1sum -o "} {
				offers.want(t, line, names)
			}
			for _, start := range []string{"with", "new", "it", "quo", "back", "semi", "co", "eq"} {
				i := slices.IndexFunc(names, func(name string) bool { return strings.HasPrefix(name, start) })
				want := names[i : i+1]
				if start == "co" {
					want = []string{"co:lon", "comma,comma"}
				}
				offers.want(t, "psha1sum "+start, want)
			}
		})
	}
}

// want fails unless just these words are offered, in whatever order.
func (c completer) want(t *testing.T, line string, want []string) {
	t.Helper()
	_, before, _ := clitest.CutLast(line, " ")
	option, _, found := strings.Cut(before, "=")
	var got []string
	for _, word := range c(t, line) {
		if found {
			word = strings.TrimPrefix(word, option+"=")
		}
		word = strings.TrimSuffix(word, "/") // a directory
		if strings.HasPrefix(word, "-") {
			word = strings.TrimSuffix(word, "=") // an option
		}
		got = append(got, word)
	}
	want = slices.Sorted(slices.Values(want))
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("%q\noffers %q\nwant   %q", line, got, want)
	}
}

// fishCompleter asks fish, which tells a script what it would offer.
func fishCompleter(t *testing.T, dir string) completer {
	fish := clitest.NeedProgram(t, "fish")
	const script = `source $argv[1]
for offer in (complete --escape -C $argv[2])
    eval printf "'%s\\0'" (string split -f1 \t -- $offer)
end`
	return func(t *testing.T, line string) []string {
		t.Helper()
		cmd := exec.Command(fish, "--no-config", "-c", script, clitest.Path(t, "completions/psha1sum.fish"), line)
		cmd.Dir = dir
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LC_ALL=C.UTF-8"}
		words, err := cmd.Output()
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		return strings.FieldsFunc(string(words), func(r rune) bool { return r == 0 })
	}
}

// bashCompleter has readline insert all that it has to offer (M-*).
func bashCompleter(t *testing.T, dir string) completer {
	rc := t.TempDir() + "/rc"
	clitest.Write(t, "", rc, ". "+clitest.Path(t, "completions/psha1sum.bash")+"\n"+recorder+`
unset HISTFILE
PS1=
PROMPT_COMMAND='printf "0\0" >&3'
bind 'set enable-bracketed-paste off'
set +H
`)
	return interactive(t, dir, "\x1b*", nil, clitest.NeedProgram(t, "bash"), "--noprofile", "--rcfile", rc, "-i")
}

// zshCompleter has a widget do the same.
func zshCompleter(t *testing.T, dir string) completer {
	home := t.TempDir()
	clitest.Write(t, home, ".zshrc", "fpath=("+clitest.Path(t, "completions")+" $fpath)\n"+recorder+`
autoload -Uz compinit
compinit -u -D
unset HISTFILE
PS1=
unsetopt beep
all() { _main_complete; compstate[insert]=all; compstate[list]= }
zle -C all complete-word all
bindkey '^Xa' all
zle-line-init() { printf '0\0' >&3 }
zle -N zle-line-init
`)
	return interactive(t, dir, "\x18a", []string{"ZDOTDIR=" + home}, clitest.NeedProgram(t, "zsh"), "-d", "-i")
}

// recorder has each of our tools write its arguments to descriptor 3, behind their
// number. No arguments are what the shell itself writes when it is ready for a
// line.
var recorder = "for tool in " + strings.Join(toolNames(), " ") + `; do
	eval "$tool"'() { printf "%s\0" "$#" "$@" >&3; }'
done`

// interactive starts an interactive shell on a terminal. The completer types a line and
// the keys that have all completions inserted, and runs that.
func interactive(t *testing.T, dir, keys string, env []string, words ...string) completer {
	master, name := clitest.Terminal(t)
	tty := clitest.Open(t, name, os.O_RDWR|unix.O_NOCTTY)
	records, recordsEnd := clitest.Pipe(t)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LC_ALL=C.UTF-8", "TERM=dumb"}, env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.ExtraFiles = []*os.File{recordsEnd}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tty.Close()
	recordsEnd.Close()
	screen := watchScreen(master)
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		records.Close()
	})
	r := bufio.NewReader(clitest.TimedFile{File: records})
	record := func(t *testing.T, line string) (args []string) {
		t.Helper()
		for left := 1; left > 0; left-- {
			arg, err := r.ReadString(0)
			if err != nil {
				t.Fatalf("%q: %v; the terminal shows %q", line, err, screen())
			}
			if arg = strings.TrimSuffix(arg, "\x00"); args == nil {
				args = []string{}
				left, _ = strconv.Atoi(arg)
				left++
				continue
			}
			args = append(args, arg)
		}
		return args
	}
	return func(t *testing.T, line string) []string {
		t.Helper()
		record(t, line) // it is ready
		master.WriteString(line + keys + "\r")
		typed := strings.Split(line, " ")[1:] // the last is "" or was begun
		args := record(t, line)[len(typed)-1:]
		if last := typed[len(typed)-1]; len(args) == 1 && args[0] == last {
			return nil // nothing was inserted
		}
		return args
	}
}

// watchScreen reads what a terminal shows, and returns it on demand.
func watchScreen(master *os.File) (screen func() []byte) {
	var mu sync.Mutex
	var shown bytes.Buffer
	go func() { // until the terminal is closed
		piece := make([]byte, 4096)
		for {
			n, err := master.Read(piece)
			mu.Lock()
			shown.Write(piece[:n])
			mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return func() []byte {
		mu.Lock()
		defer mu.Unlock()
		return clitest.Clip(bytes.Clone(shown.Bytes()))
	}
}
