//go:build amd64 || arm64

package cache

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// A database is a connection to the cache's file, used by one goroutine at a time.
//
// The file is not trusted: its pages and schema must do no harm, and digests are used
// only if their checksum is right.
type database struct {
	conn                                  *sqlite3.Conn
	begin, commit, rollback               *sqlite3.Stmt
	selectGroup, selectBlock, insertBlock *sqlite3.Stmt
	selectPart, anyPart                   *sqlite3.Stmt
	insertPart, deletePart                *sqlite3.Stmt
}

const (
	// applicationID is "PSHA", stored in the file's header by PRAGMA application_id.
	applicationID = 0x50534841
	// formatVersion is stored by PRAGMA user_version. It is increased when entries of
	// earlier versions can no longer be trusted, or when earlier versions would take
	// the contents for damage.
	formatVersion = 3

	digestsTable = `CREATE TABLE digests (algorithm TEXT NOT NULL, device INTEGER NOT NULL, ` +
		`filesystem INTEGER NOT NULL, block INTEGER NOT NULL, entries BLOB NOT NULL, ` +
		`PRIMARY KEY (algorithm, device, filesystem, block)) STRICT, WITHOUT ROWID`
	partsTable = `CREATE TABLE parts (algorithm TEXT NOT NULL, device INTEGER NOT NULL, ` +
		`filesystem INTEGER NOT NULL, inode INTEGER NOT NULL, part BLOB NOT NULL, ` +
		`PRIMARY KEY (algorithm, device, filesystem, inode)) STRICT, WITHOUT ROWID`
)

// schema is the exact contents of sqlite_schema, in this order.
var schema = []string{digestsTable, partsTable}

// busyTimeout is how long we wait for another process's commit. One that takes longer
// was probably stopped. Tests increase it.
var busyTimeout = 10 * time.Second

// openDatabase opens the file at a place, creating it if needed.
func openDatabase(at *place) (*database, error) {
	registerVFS()
	if err := create(at.path()); err != nil {
		return nil, err
	}
	db := &database{}
	if err := guarded(func() error { return db.open(at.path()) }); err != nil {
		_ = db.close()
		return nil, err
	}
	return db, nil
}

func (db *database) open(path string) (err error) {
	if db.conn, err = sqlite3.OpenFlags(address(path), sqlite3.OPEN_READWRITE|sqlite3.OPEN_URI); err != nil {
		return err
	}
	if err := db.conn.BusyTimeout(busyTimeout); err != nil {
		return err
	}
	if _, err := db.conn.Config(sqlite3.DBCONFIG_DEFENSIVE, true); err != nil {
		return err
	}
	if err := db.conn.Exec(`PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA synchronous=FULL`); err != nil {
		return err
	}
	if err := db.checkSchema(); err != nil {
		return err
	}
	return errors.Join(
		db.prepare(&db.selectGroup, `SELECT block, entries FROM digests WHERE algorithm=? AND device=? AND filesystem=? AND block BETWEEN ? AND ?`),
		db.prepare(&db.selectPart, `SELECT part FROM parts WHERE algorithm=? AND device=? AND filesystem=? AND inode=?`),
	)
}

// prepareToStore prepares the statements that only a writing connection needs.
func (db *database) prepareToStore() error {
	if db.insertBlock != nil {
		return nil
	}
	return errors.Join(
		db.prepare(&db.begin, `BEGIN IMMEDIATE`),
		db.prepare(&db.commit, `COMMIT`),
		db.prepare(&db.rollback, `ROLLBACK`),
		db.prepare(&db.selectBlock, `SELECT entries FROM digests WHERE algorithm=? AND device=? AND filesystem=? AND block=?`),
		db.prepare(&db.insertBlock, `INSERT OR REPLACE INTO digests VALUES (?,?,?,?,?)`),
		db.prepare(&db.insertPart, `INSERT OR REPLACE INTO parts VALUES (?,?,?,?,?)`),
		db.prepare(&db.deletePart, `DELETE FROM parts WHERE algorithm=? AND device=? AND filesystem=? AND inode=?`),
		db.prepare(&db.anyPart, `SELECT 1 FROM parts LIMIT 1`),
	)
}

func (db *database) prepare(s **sqlite3.Stmt, sql string) (err error) {
	*s, _, err = db.conn.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT)
	return err
}

// address returns the URI of a file: https://www.sqlite.org/uri.html.
func address(path string) string {
	var escaped strings.Builder
	for _, c := range []byte(path) { // escape all bytes that may be special anywhere in it
		fmt.Fprintf(&escaped, "%%%02X", c)
	}
	return "file:/" + escaped.String()[len("%2F"):] + "?vfs=" + vfsName
}

// checkSchema returns ErrDamaged unless our tables are all there is: no views, no
// triggers.
func (db *database) checkSchema() error {
	rows, _, err := db.conn.Prepare(`SELECT sql FROM sqlite_schema ORDER BY rowid`)
	if err != nil {
		return err
	}
	defer rows.Close()
	n := 0
	for rows.Step() {
		if n++; n > len(schema) || rows.ColumnText(0) != schema[n-1] {
			return ErrDamaged
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if n != len(schema) {
		return ErrDamaged
	}
	return nil
}

// load returns the blocks of a group.
func (db *database) load(id groupID) (g *group, err error) {
	g = &group{}
	err = guarded(func() (err error) {
		s := db.selectGroup
		if err := bind(s, id, id.first(), id.first()+perGroup-1); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.Reset()) }()
		for s.Step() {
			number := uint64(s.ColumnInt64(0))
			b, ok := blockOf(s.ColumnBlob(1, nil), id, number)
			if !ok || number-id.first() >= perGroup {
				return ErrDamaged
			}
			g[number%perGroup] = b
		}
		return s.Err()
	})
	return g, err
}

// store commits the entries of a batch with these keys, which must be sorted, and
// deletes their parts.
func (db *database) store(keys []key, batch map[key]entry) error {
	return db.transact(func() error {
		if err := db.storeAll(keys, batch); err != nil {
			return err
		}
		return db.deleteParts(keys)
	})
}

// transact runs do in a transaction and commits if it returns nil.
func (db *database) transact(do func() error) error {
	return guarded(func() error {
		if err := db.prepareToStore(); err != nil {
			return err
		}
		if err := db.begin.Exec(); err != nil {
			return err
		}
		err := do()
		if err == nil {
			err = db.commit.Exec()
		}
		if err != nil && !db.conn.GetAutocommit() {
			_ = db.rollback.Exec()
		}
		return err
	})
}

func (db *database) storeAll(keys []key, batch map[key]entry) error {
	for len(keys) > 0 {
		n := 1
		for n < len(keys) && keys[n].group() == keys[0].group() && keys[n].block() == keys[0].block() {
			n++
		}
		if err := db.storeBlock(keys[:n], batch); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

// storeBlock stores entries of one block.
func (db *database) storeBlock(keys []key, batch map[key]entry) error {
	id, number := keys[0].group(), keys[0].block()
	b, err := db.block(id, number)
	if err != nil {
		return err
	}
	for _, k := range keys {
		e := batch[k]
		b = b.with(k, &e)
	}
	if err := bind(db.insertBlock, id, number); err != nil {
		return err
	}
	if err := db.insertBlock.BindBlob(5, b.row(id, number)); err != nil {
		return err
	}
	return db.insertBlock.Exec()
}

// block returns the block as it is in the database now.
func (db *database) block(id groupID, number uint64) (b block, err error) {
	s := db.selectBlock
	if err := bind(s, id, number); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Reset()) }()
	if !s.Step() {
		return nil, s.Err()
	}
	b, ok := blockOf(s.ColumnBlob(0, nil), id, number)
	if !ok {
		return nil, ErrDamaged
	}
	return b, nil
}

// bind binds the parameters of a statement: the group and block numbers.
func bind(s *sqlite3.Stmt, id groupID, blocks ...uint64) error {
	return bindPlace(s, id.kind, append([]uint64{id.device, id.system}, blocks...)...)
}

// bindPlace binds an algorithm and any numbers.
func bindPlace(s *sqlite3.Stmt, k kind, numbers ...uint64) error {
	if err := s.BindText(1, k.algorithm); err != nil {
		return err
	}
	for i, n := range numbers {
		if err := s.BindInt64(2+i, int64(n)); err != nil {
			return err
		}
	}
	return nil
}

// close closes the connection.
func (db *database) close() error {
	if db.conn == nil {
		return nil
	}
	return guarded(func() error {
		for _, s := range []*sqlite3.Stmt{
			db.begin, db.commit, db.rollback, db.selectGroup, db.selectBlock, db.insertBlock,
			db.selectPart, db.anyPart, db.insertPart, db.deletePart,
		} {
			if s != nil {
				_ = s.Close()
			}
		}
		return db.conn.Close()
	})
}

// guarded runs do, which uses SQLite, and translates its errors. This SQLite is C
// translated to Go, where faults of C are panics. A real fault is possible in shared
// memory, which is a file that another process may truncate; it is turned into a panic
// too.
func guarded(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch e := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			err = errIndex
		case error:
			err = e
		default:
			err = fmt.Errorf("%v", e)
		}
		err = plainError(err)
	}()
	return do()
}

// plainError returns ErrDamaged, or the system's error if there is one.
func plainError(err error) error {
	var errno syscall.Errno
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrUnsafe), errors.Is(err, errIndex):
		return err
	case errors.Is(err, ErrDamaged), errors.Is(err, sqlite3.CORRUPT), errors.Is(err, sqlite3.NOTADB), errors.Is(err, sqlite3.ERROR):
		return ErrDamaged
	case errors.As(err, &errno):
		return errno
	case errors.Is(err, sqlite3.BUSY):
		return errBusy
	case errors.Is(err, sqlite3.FULL):
		return syscall.ENOSPC
	case errors.Is(err, sqlite3.READONLY):
		return syscall.EROFS
	case errors.Is(err, sqlite3.IOERR):
		return errUnusable // SQLite does not pass on the system's error
	}
	return err
}

var (
	errBusy     = errors.New("another process holds it")
	errIndex    = errors.New("another process has cut off its file " + indexSuffix)
	errUnusable = errors.New("reading or writing it failed")
)
