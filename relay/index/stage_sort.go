package index

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// ranked is a row, and the octets of its key behind those that all of its kind have in common.
type ranked struct {
	rank uint64
	row  uint32
}

// sorted returns the places of the rows in the order of their keys.
func (s *stage) sorted() []ranked {
	all := make([]ranked, len(s.rows))
	for i := range all {
		all[i] = ranked{uint64(s.octets[s.rows[i].at]), uint32(i)}
	}
	slices.SortFunc(all, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	for begin, end := 0, 0; begin < len(all); begin = end {
		for end = begin; end < len(all) && all[end].rank == all[begin].rank; end++ {
		}
		s.sortKind(all[begin:end])
	}
	return all
}

// sortKind sorts rows of one kind.
func (s *stage) sortKind(all []ranked) {
	first := s.keyOf(&s.rows[all[0].row])
	common := len(first)
	for _, r := range all {
		key := s.keyOf(&s.rows[r.row])
		common = min(common, len(key))
		for !bytes.Equal(key[:common], first[:common]) {
			common--
		}
	}
	for i := range all {
		var next [8]byte
		copy(next[:], s.keyOf(&s.rows[all[i].row])[common:])
		all[i].rank = binary.BigEndian.Uint64(next[:])
	}
	slices.SortFunc(all, func(a, b ranked) int {
		if c := cmp.Compare(a.rank, b.rank); c != 0 {
			return c
		}
		return bytes.Compare(s.keyOf(&s.rows[a.row]), s.keyOf(&s.rows[b.row]))
	})
}
