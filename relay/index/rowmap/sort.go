package rowmap

import (
	"bytes"
	"encoding/binary"
	"iter"
	"slices"
)

// ranked is a row, and the octets of its key behind those that all of its kind have in common.
type ranked struct {
	rank uint64
	row  uint32
}

// Sorted yields all rows, by key and value, in the order of their keys.
func (m *Map) Sorted() iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for _, at := range m.order() {
			if r := &m.rows[at.row]; !yield(m.keyOf(r), m.valueOf(r)) {
				return
			}
		}
	}
}

// order returns the places of the rows in the order of their keys.
func (m *Map) order() []ranked {
	all, ends := m.byKind()
	spare := make([]ranked, len(all))
	begin := 0
	for _, end := range ends {
		if end > begin {
			m.sortKind(all[begin:end], spare[begin:end])
		}
		begin = end
	}
	return all
}

// byKind returns the places of the rows in the order of the first octets of their keys, and where the rows
// with each of these end.
func (m *Map) byKind() (all []ranked, ends [256]int) {
	for i := range m.rows {
		ends[m.octets[m.rows[i].at]]++
	}
	begin := 0
	for kind, n := range ends {
		ends[kind] = begin
		begin += n
	}
	all = make([]ranked, len(m.rows))
	for i := range m.rows {
		next := &ends[m.octets[m.rows[i].at]]
		all[*next].row = uint32(i)
		*next++
	}
	return all, ends
}

// sortKind sorts rows of one kind. spare is as long as all.
func (m *Map) sortKind(all, spare []ranked) {
	first := m.keyOf(&m.rows[all[0].row])
	common := len(first)
	for _, r := range all {
		key := m.keyOf(&m.rows[r.row])
		common = min(common, len(key))
		for !bytes.Equal(key[:common], first[:common]) {
			common--
		}
	}
	for i := range all {
		var next [8]byte
		copy(next[:], m.keyOf(&m.rows[all[i].row])[common:])
		all[i].rank = binary.BigEndian.Uint64(next[:])
	}
	sortByRank(all, spare)
	for begin, end := 0, 0; begin < len(all); begin = end {
		for end = begin + 1; end < len(all) && all[end].rank == all[begin].rank; end++ {
		}
		if end > begin+1 { // their keys differ later
			slices.SortFunc(all[begin:end], m.compareKeys)
		}
	}
}

// compareKeys compares the whole keys of two rows.
func (m *Map) compareKeys(a, b ranked) int {
	return bytes.Compare(m.keyOf(&m.rows[a.row]), m.keyOf(&m.rows[b.row]))
}

// rankBits is how many bits of a rank are sorted by in one pass.
const (
	rankBits   = 11
	rankPasses = (64 + rankBits - 1) / rankBits
)

// sortByRank sorts rows by rank, a few bits at a time, beginning with the lowest. spare is as long as all.
// A comparison sort takes several times as long for as many rows as a stage of the index has.
func sortByRank(all, spare []ranked) {
	var counts [rankPasses][1 << rankBits]uint32
	for _, r := range all {
		for pass := range counts {
			counts[pass][digit(r.rank, pass)]++
		}
	}
	from, to := all, spare
	for pass := range counts {
		next := &counts[pass]
		if next[digit(all[0].rank, pass)] == uint32(len(all)) {
			continue // these bits are the same in all ranks
		}
		at := uint32(0)
		for i, n := range next {
			next[i] = at
			at += n
		}
		for _, r := range from {
			place := &next[digit(r.rank, pass)]
			to[*place] = r
			*place++
		}
		from, to = to, from
	}
	copy(all, from)
}

// digit returns the bits of a rank that a pass sorts by.
func digit(rank uint64, pass int) uint64 { return rank >> (pass * rankBits) % (1 << rankBits) }
