package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble"

	"readback/relay/journal"
)

// errEnough ends a replay.
var errEnough = errors.New("enough")

// VersionError says that a newer release wrote the index.
type VersionError struct{ Found byte }

func (e *VersionError) Error() string {
	return fmt.Sprintf("index was written by a newer release: it has version %d, and this release reads versions 4 to %d; "+
		"run the newer release, or restore the store from a backup that this release or an older one wrote", e.Found, Version)
}

// isNewer reports whether err says that a newer release wrote something.
func isNewer(err error) bool {
	_, newer := errors.AsType[*journal.FormatError](err)
	return newer
}

// prepare returns how far the index follows the log, and whether it followed the log that was made at this
// time. It converts an index of the version before, and ties the index to the log. An index that does not
// say what it is is damaged, unless it has no row.
func (ix *Index) prepare(created int64) (at Position, same bool, err error) {
	meta, err := ix.get(keyMeta)
	if err != nil {
		return at, false, err
	}
	switch {
	case len(meta) == metaLen && meta[0] == version4:
		err = ix.upgrade(meta)
	case len(meta) == metaLen && meta[0] == version5:
		err = ix.upgrade5(meta)
	case len(meta) == metaLen && meta[0] == version6: // its rows say more than is needed
	case len(meta) == metaLen && meta[0] == version7: // its entries say less
	case len(meta) > 0 && meta[0] > Version:
		return at, false, &VersionError{meta[0]}
	case len(meta) != metaLen || meta[0] != Version:
		err = ix.checkNew(meta)
	}
	if err == nil {
		at, err = ix.Position()
	}
	if err != nil {
		return Position{}, false, ix.unreadable(err)
	}
	same = string(meta[min(1, len(meta)):]) == string(metaValue(created)[1:])
	return at, same, ix.set(keyMeta, metaValue(created))
}

// checkNew returns an error unless the index has no row.
func (ix *Index) checkNew(meta []byte) error {
	err := error(nil)
	each := ix.EachRow(func(key, _ []byte) bool {
		err = fmt.Errorf("its version is %x, and there is a row %x", meta, key)
		return false
	})
	return firstError(each, err)
}

// unreadable returns an error that has the index built again, if err says that a row cannot be read.
func (ix *Index) unreadable(err error) error {
	if !errors.Is(err, ErrClosed) {
		err = fmt.Errorf("%w: %w", errUnreadable, err)
		ix.noticed(err)
	}
	return err
}

const (
	metaLen  = 9
	version4 = 4 // earlier versions
	version5 = 5
	version6 = 6
	version7 = 7
)

func metaValue(created int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{Version}, uint64(created))
}

// empty removes all rows.
func (ix *Index) empty() error {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return ErrClosed
	}
	ix.staged.reset(Position{})
	ix.entryDays.reset()
	return ix.db.DeleteRange([]byte{0}, []byte{0xFF}, pebble.NoSync)
}

// upgrade5 converts an index of version 5, in which no rows were staged.
func (ix *Index) upgrade5(meta []byte) error {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return ErrClosed
	}
	applied, err := copyOf(ix.db.Get(keyApplied))
	if err != nil {
		return err
	}
	b := ix.db.NewBatch()
	if applied != nil {
		err = b.Set(keyStaged, applied, nil)
	}
	err = firstError(err, b.Set(keyMeta, append([]byte{Version}, meta[1:]...), nil), b.Commit(pebble.NoSync))
	return firstError(err, b.Close())
}

// upgrade converts an index of version 4. All numbers were assigned without claims in it, and an
// epoch ended without a clean stop if another one follows it.
func (ix *Index) upgrade(meta []byte) error {
	value, err := ix.get(keyApplied)
	if err != nil {
		return err
	}
	var at Position
	if value != nil {
		if at, err = parseApplied4(value); err != nil {
			return err
		}
	}
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.db == nil {
		return ErrClosed
	}
	b := ix.db.NewBatch()
	for back := uint64(1); back <= upgradedEpochs && back < at.Epoch; back++ {
		s := Skip{Epoch: at.Epoch - back, Own: journal.Window, Other: journal.Window, At: time.Now().UnixMilli()}
		err = firstError(err, b.Set(skipKey(nil, s.Epoch), appendSkip(nil, &s), nil))
	}
	err = firstError(err,
		b.Set(keyApplied, appendPosition(nil, &at), nil),
		b.Set(keyStaged, appendPosition(nil, &at), nil),
		b.Set(keyMeta, append([]byte{Version}, meta[1:]...), nil),
		b.Commit(pebble.NoSync))
	return firstError(err, b.Close())
}

// upgradedEpochs is how many epochs of an upgraded index count as ended without a clean stop. A
// conversation was safe from more of them only by chance.
const upgradedEpochs = 4

// parseApplied4 parses how far an index of version 4 followed the log.
func parseApplied4(value []byte) (Position, error) {
	d := journal.Decoder{B: value}
	p := Position{Seq: d.Uint64("sequence"), Epoch: d.Uint64("epoch"), Stopped: d.Byte("stopped") == 1, Used: true, Unclaimed: true}
	p.Cycle = Cycle{First: d.Uint16("first"), Last: d.Uint16("last"), Since: d.Uint64("since")}
	p.Serial = p.Seq
	return p, d.Err
}
