package cache_test

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
	_ "github.com/ncruces/go-sqlite3/vfs"
	"github.com/psha1sum/psha1sum/internal/clitest"
)

// database opens the database of a cache.
func database(t testing.TB, path string) *sqlite3.Conn {
	t.Helper()
	conn, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func execute(t testing.TB, conn *sqlite3.Conn, sql string) {
	t.Helper()
	if err := conn.Exec(sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// A row is one of a cache's table: see doc/cache.md.
type row struct {
	algorithm                 string
	device, filesystem, block int64
	entries                   []byte
}

// seal updates the checksum of a row.
func (r *row) seal() {
	of := []byte(r.algorithm)
	for _, n := range []int64{r.device, r.filesystem, r.block} {
		of = binary.LittleEndian.AppendUint64(of, uint64(n))
	}
	sum := fnv.New64a()
	sum.Write(append(of, r.entries[8:]...))
	binary.LittleEndian.PutUint64(r.entries, sum.Sum64())
}

// poison changes every SHA-1 digest in a cache and returns their number.
func poison(t testing.TB, path string) (n int) {
	t.Helper()
	conn := database(t, path)
	defer conn.Close()
	var rows []row
	query, _, err := conn.Prepare(`SELECT algorithm, device, filesystem, block, entries FROM digests`)
	if err != nil {
		t.Fatal(err)
	}
	for query.Step() {
		rows = append(rows, row{
			query.ColumnText(0), query.ColumnInt64(1), query.ColumnInt64(2), query.ColumnInt64(3), query.ColumnBlob(4, nil),
		})
	}
	if err := query.Close(); err != nil {
		t.Fatal(err)
	}
	update, _, err := conn.Prepare(`UPDATE digests SET entries=? WHERE algorithm=? AND device=? AND filesystem=? AND block=?`)
	if err != nil {
		t.Fatal(err)
	}
	defer update.Close()
	const sum, before, size = 8, 1 + 3*8 + 4, 20
	for _, r := range rows {
		was := bytes.Clone(r.entries)
		if r.seal(); !bytes.Equal(r.entries, was) {
			t.Fatalf("the checksum of %+v is another", r)
		}
		for at := sum + before; at < len(r.entries); at += before + size {
			clear(r.entries[at : at+size])
			n++
		}
		r.seal()
		update.BindBlob(1, r.entries)
		update.BindText(2, r.algorithm)
		for i, number := range []int64{r.device, r.filesystem, r.block} {
			update.BindInt64(3+i, number)
		}
		if err := update.Exec(); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// TestCacheBelief uses a cache with wrong but valid digests: hashing believes them, since
// it reads nothing, and --check does not, since it reads everything.
func TestCacheBelief(t *testing.T) {
	t.Parallel()
	dir, tree, cache := filled(t)
	right := string(clitest.Ours.Output(t, []string{"-r"}, clitest.Settings{Dir: tree}).Stdout)
	if n := poison(t, cache); n != agedInodes {
		t.Fatalf("%d digests were poisoned, want %d", n, agedInodes)
	}
	out, found, _ := withCache(t, tree, cache, "-r")
	wrong := string(out.Stdout)
	if found != agedNames || strings.Count(wrong, strings.Repeat("0", 40)) != agedNames {
		t.Errorf("%d found\n%s", found, out)
	}
	clitest.Write(t, dir, "right", right)
	clitest.Write(t, dir, "wrong", wrong)
	for _, args := range [][]string{
		{"-c", "../wrong"}, {"-c", "--quiet", "../wrong"}, {"-c", "--json", "../wrong"}, {"-c", "--fail-fast", "../wrong"},
		{"-c", "--beneath=.", "../wrong"}, {"-c", "--audit=.", "../wrong"}, {"-c", "../right"}, {"-c", "--audit=.", "../right"},
	} {
		poison(t, cache)
		wantCachedLies(t, tree, cache)
		if args[1] == "--beneath=." {
			args[1] = "--beneath"
		}
		if found, _ := cached(t, tree, cache, args...); found != 0 {
			t.Errorf("%q: %d found", args, found)
		}
	}
	// What was read to be checked is right in the cache.
	if status := clitest.Ours.Output(t, []string{"--cache=" + cache, "-c", "../right"}, clitest.Settings{Dir: tree}).Status; status != "exit 0" {
		t.Error(status)
	}
	wantCached(t, tree, cache, agedNames, 0, "-r")
}

// wantCachedLies fails if the digests in a cache were not believed.
func wantCachedLies(t testing.TB, tree, cache string) {
	t.Helper()
	if out, _, _ := withCache(t, tree, cache, "-r"); strings.Count(string(out.Stdout), strings.Repeat("0", 40)) != agedNames {
		t.Errorf("%s", out)
	}
}
