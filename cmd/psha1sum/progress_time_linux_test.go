package main_test

import (
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	psha1sum "github.com/psha1sum/psha1sum/cmd/psha1sum"
	"github.com/psha1sum/psha1sum/internal/clitest"
	"golang.org/x/sys/unix"
)

// A sight is a terminal on which a run in virtual time shows how far it is.
type sight struct {
	t      *testing.T
	held   *os.File // by the person: the master end
	master int      // its descriptor
	end    *os.File // what the run has
	screen *clitest.Screen
}

// newSight opens a terminal of so many columns.
func newSight(t *testing.T, columns int) *sight {
	t.Helper()
	master, name := clitest.Terminal(t)
	fd := int(master.Fd())
	clitest.SetColumns(t, master, columns)
	end := clitest.Open(t, name, os.O_RDWR|unix.O_NOCTTY)
	t.Cleanup(func() { end.Close() })
	return &sight{t, master, fd, end, clitest.NewScreen(columns)}
}

// sent returns what was sent to the terminal since the last call. What a process
// writes takes its time to the other end, so a mark is sent after it.
func (s *sight) sent() string {
	s.t.Helper()
	const mark = "\x00"
	synctest.Wait()
	if _, err := s.end.WriteString(mark); err != nil {
		s.t.Fatal(err)
	}
	text := ""
	for buf := make([]byte, 4096); !strings.HasSuffix(text, mark); {
		n, err := unix.Read(s.master, buf)
		if err != nil && err != unix.EINTR && err != unix.EAGAIN {
			s.t.Fatal(err)
		}
		text += string(buf[:max(n, 0)])
	}
	text = strings.TrimSuffix(text, mark)
	s.screen.Show(text)
	return text
}

// pass lets time pass, in which the person looks, or the terminal would be full.
func (s *sight) pass(d time.Duration) {
	s.t.Helper()
	for end := time.Now().Add(d); time.Until(end) > 0; s.sent() {
		time.Sleep(min(time.Second, time.Until(end)))
	}
	s.sent()
}

// after lets time pass, and has the person see this then.
func (s *sight) after(d time.Duration, want string) {
	s.t.Helper()
	s.pass(d)
	if got := s.screen.String(); got != want {
		s.t.Fatalf("the screen is\n%s\nwant\n%s", got, want)
	}
}

// press sends what a person types, and waits until the terminal does what it means.
func (s *sight) press(key string, writable bool) {
	s.t.Helper()
	if _, err := unix.Write(s.master, []byte(key)); err != nil {
		s.t.Fatal(err)
	}
	for {
		fds := []unix.PollFd{{Fd: int32(s.end.Fd()), Events: unix.POLLOUT}}
		n, err := unix.Poll(fds, 0)
		if err == nil && writable == (n == 1) {
			return
		}
	}
}

// line begins a run that is shown in a file.
func line(t *testing.T, file, results *os.File, log bool) *psha1sum.Line {
	l := psha1sum.NewLine(file, results, log)
	t.Cleanup(func() {
		l.Stop()
		time.Sleep(time.Minute) // for the next look
	})
	return l
}

const tick = time.Millisecond

// TestProgressTimes checks that the line appears after a second, is updated ten times per
// second, and is redrawn once per second in case other output has overwritten it.
func TestProgressTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSight(t, 80)
		l := line(t, s.end, s.end, false)
		s.after(time.Second-tick, "")
		s.after(tick, "0 B, 0 B/s, 1 s so far")
		time.Sleep(tick)
		l.Fail()
		s.after(98*tick, "0 B, 0 B/s, 1 s so far")
		s.after(tick, "0 B, 1 FAILED, 0 B/s, 1 s so far")
		time.Sleep(350 * tick) // then it would be two seconds, rounded
		if text := s.sent(); text != "" {
			t.Errorf("the same was sent again: %q", text)
		}
		s.after(time.Second, "0 B, 1 FAILED, 0 B/s, 2 s so far")
		s.after(100*time.Second, "0 B, 1 FAILED, 0 B/s, 1:42 so far")
		l.End()
	})
	synctest.Test(t, func(t *testing.T) {
		s := newSight(t, 5) // where nothing ever changes
		l := line(t, s.end, s.end, false)
		s.after(time.Second, "0 B")
		for range 10 {
			time.Sleep(time.Second - tick)
			if text := s.sent(); text != "" {
				t.Errorf("after less than a second it was sent again: %q", text)
			}
			s.end.WriteString("oth")
			s.screen = clitest.NewScreen(5)
			s.after(tick, "0 B")
		}
		l.End()
	})
}

// TestProgressEnds checks that the line is erased, and that totals are printed if and
// only if the run took ten seconds.
func TestProgressEnds(t *testing.T) {
	for _, test := range []struct {
		took time.Duration
		want string
	}{
		{time.Second - tick, ""},
		{time.Second + tick, ""},
		{10*time.Second - tick, ""},
		{10 * time.Second, "psha1sum: 0 B in 10 s, 0 B/s, 1 FAILED\n"},
		{time.Minute, "psha1sum: 0 B in 60 s, 0 B/s, 1 FAILED\n"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newSight(t, 80)
			l := line(t, s.end, s.end, false)
			s.pass(test.took)
			l.Fail()
			l.End()
			s.after(0, test.want)
			s.after(time.Minute, test.want)
			if len(s.screen.Strange) > 0 {
				t.Errorf("the terminal was sent %q", s.screen.Strange)
			}
		})
	}
}

// TestProgressUnseen checks that a run whose line was never drawn prints no totals.
func TestProgressUnseen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSight(t, 80)
		s.press("\x13", false)
		l := line(t, s.end, s.end, false)
		time.Sleep(time.Minute)
		synctest.Wait()
		s.press("\x11", true)
		l.End()
		s.after(time.Minute, "")
	})
}

// TestProgressOpen has results that have no newline at their end be left alone, and what
// the run was come in a line of its own.
func TestProgressOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSight(t, 80)
		l := line(t, s.end, s.end, false)
		s.after(time.Second, "0 B, 0 B/s, 1 s so far")
		l.Print("result")
		s.after(time.Minute, "result")
		l.End()
		s.after(0, "result\npsha1sum: 0 B in 61 s, 0 B/s\n")
	})
}

// TestProgressMakesRoom checks that the line is erased before other output and redrawn
// below it.
func TestProgressMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSight(t, 80)
		l := line(t, s.end, s.end, false)
		s.after(time.Second, "0 B, 0 B/s, 1 s so far")
		l.Say("message")
		s.after(0, "psha1sum: message\n")
		l.Print("result\n")
		s.after(99*tick, "psha1sum: message\nresult\n")
		s.after(tick, "psha1sum: message\nresult\n0 B, 0 B/s, 1 s so far")
		l.End()
		s.after(0, "psha1sum: message\nresult\n")
	})
}

// TestProgressBeyond has the line be away for a moment if rare results go into a pipe,
// whose reader may print them on the same terminal, and stay if they come all the time.
func TestProgressBeyond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSight(t, 80)
		reader, results := clitest.Pipe(t)
		defer reader.Close()
		defer results.Close()
		l := line(t, s.end, results, false)
		time.Sleep(30 * tick) // so that no two things happen at once
		s.after(time.Second, "0 B, 0 B/s, 1 s so far")
		l.Print("result\n")
		s.after(0, "")
		s.end.WriteString("by tee\n")
		s.after(80*tick, "by tee\n") // one look
		s.after(100*tick, "by tee\n0 B, 0 B/s, 1 s so far")
		for range 20 {
			l.Print("result\n")
			s.pass(249 * tick)
			if !strings.HasSuffix(s.screen.String(), " so far") {
				t.Errorf("the line is away: %q", s.screen.String())
			}
		}
		time.Sleep(tick)
		l.Print("result\n")
		s.after(0, "by tee\n")
		l.End()
	})
}

// TestProgressOnHold checks that a run doesn't wait for a terminal stopped with ^S.
func TestProgressOnHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSight(t, 80)
		reader, results := clitest.Pipe(t)
		defer reader.Close()
		defer results.Close()
		l := line(t, s.end, results, false)
		s.after(time.Second, "0 B, 0 B/s, 1 s so far")
		s.press("\x13", false)
		l.Fail()
		time.Sleep(time.Minute)
		synctest.Wait()
		l.Print("result\n")
		l.End()
		s.press("\x11", true)
		s.after(time.Minute, "0 B, 0 B/s, 1 s so far")
	})
}

// TestProgressInLog checks that a log gets a line every ten seconds, and one at the end
// of any run.
func TestProgressInLog(t *testing.T) {
	for _, test := range []struct {
		took time.Duration
		want string
	}{
		{0, "psha1sum: 0 B in less than 0.1 s, 1 FAILED\n"},
		{2500 * tick, "psha1sum: 0 B in 2.5 s, 0 B/s, 1 FAILED\n"},
		{10*time.Second - tick, "psha1sum: 0 B in 9.9 s, 0 B/s, 1 FAILED\n"},
		{25 * time.Second, "psha1sum: 0 B, 0 B/s, 10 s so far\npsha1sum: 0 B, 0 B/s, 20 s so far\n" +
			"psha1sum: 0 B in 25 s, 0 B/s, 1 FAILED\n"},
	} {
		synctest.Test(t, func(t *testing.T) {
			log := clitest.Open(t, t.TempDir()+"/log", os.O_CREATE|os.O_WRONLY)
			defer log.Close()
			l := line(t, log, log, true)
			time.Sleep(test.took)
			synctest.Wait()
			l.Fail()
			l.End()
			time.Sleep(time.Minute)
			text, err := os.ReadFile(log.Name())
			if err != nil || string(text) != test.want {
				t.Errorf("%v\n%s\nwant\n%s", err, text, test.want)
			}
		})
	}
}

// TestProgressResized checks that the line fits after the terminal is resized, and that
// nothing of the old line is left.
func TestProgressResized(t *testing.T) {
	for _, reflows := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newSight(t, 80)
			s.screen.Reflows = reflows
			l := line(t, s.end, s.end, false)
			l.Fail()
			s.after(time.Second, "0 B, 1 FAILED, 0 B/s, 1 s so far")
			for _, test := range []struct {
				columns int
				line    string
			}{
				{33, "0 B, 1 FAILED, 0 B/s, 1 s so far"},
				{32, "0 B, 1 FAILED, 0 B/s"},
				{21, "0 B, 1 FAILED, 0 B/s"},
				{20, "0 B, 1 FAILED"},
				{14, "0 B, 1 FAILED"},
				{13, "0 B"},
				{4, "0 B"},
				{3, ""},
				{200, "0 B, 1 FAILED, 0 B/s, 2 s so far"},
				{5, "0 B"},
			} {
				s.screen.Resize(test.columns)
				clitest.SetColumns(t, s.held, test.columns)
				s.after(100*tick, test.line)
			}
			l.End()
			s.after(time.Second, "")
		})
	}
}
