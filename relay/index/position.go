package index

import (
	"encoding/binary"

	"readback/relay/journal"
)

// Position is how far the index follows the log. It is what the store knows of the log outside the
// log.
type Position struct {
	Seq      uint64 // of the last batch in the log
	Serial   uint64 // of the last batch
	Sum      uint32 // checksum of the last batch
	Epoch    uint64 // of the last batch
	Messages uint64 // records of accepted messages so far
	Missing  uint64 // batches in the middle of the log that are known to be gone
	Time     int64  // latest time in a record, ms

	Stopped   bool  // it was a clean stop
	Used      bool  // numbers were assigned in the epoch
	Unclaimed bool  // they were assigned without claims: see journal.AppendUnclaimed
	Cycle     Cycle // of the epoch; zero when the log has forgotten its beginning
}

const (
	positionStopped = 1 << iota
	positionUsed
	positionUnclaimed
)

func appendPosition(dst []byte, p *Position) []byte {
	for _, v := range []uint64{p.Seq, p.Serial, uint64(p.Sum), p.Epoch, p.Messages, p.Missing, uint64(p.Time)} {
		dst = binary.AppendUvarint(dst, v)
	}
	return appendCycle(append(dst, p.flags()), p.Cycle)
}

func (p *Position) flags() (flags byte) {
	if p.Stopped {
		flags |= positionStopped
	}
	if p.Used {
		flags |= positionUsed
	}
	if p.Unclaimed {
		flags |= positionUnclaimed
	}
	return flags
}

func parsePosition(value []byte) (Position, error) {
	d := journal.Decoder{B: value}
	var p Position
	p.Seq, p.Serial = d.Ordinal("sequence"), d.Ordinal("serial")
	p.Sum = uint32(d.Uvarint("checksum", 1<<32-1))
	p.Epoch, p.Messages, p.Missing = d.Ordinal("epoch"), d.Ordinal("messages"), d.Ordinal("missing")
	p.Time = d.Time("time")
	flags := d.Byte("flags")
	p.Stopped, p.Used, p.Unclaimed = flags&positionStopped != 0, flags&positionUsed != 0, flags&positionUnclaimed != 0
	p.Cycle = parseCycle(&d)
	return p, d.Err
}

// Position returns how far the index follows the log.
func (ix *Index) Position() (Position, error) {
	value, err := ix.get(keyApplied)
	if err != nil || value == nil {
		return Position{}, err
	}
	return parsePosition(value)
}
