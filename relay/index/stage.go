package index

import (
	"bytes"
	"hash/maphash"
)

// A stage holds rows in memory, of each key the last value. A row is found by its key, and together with the
// other rows of its group, whose keys begin alike. An empty value says that there is no such row any more.
type stage struct {
	seed   maphash.Seed
	octets []byte // keys and values
	rows   []stagedRow
	keys   []uint32 // hash tables with linear probing: 1 + the place in rows, of a key, 0: free
	groups []uint32 // and of the newest row of a group
	upTo   Position // of the last batch that has no row which is neither here nor in the store
}

// stagedRow is where a row stands in the octets of its stage: the key, and behind it the value.
type stagedRow struct {
	hash       uint32 // of the key
	at         uint32
	group      uint16 // how many octets of the key a group has in common
	key, value uint16 // in octets
	before     uint32 // 1 + the place of the row before it in its group; 0: there is none
}

// stageSlots is how many slots the tables of a stage begin with.
const stageSlots = 1 << 10

func newStage() *stage {
	return &stage{seed: maphash.MakeSeed(), keys: make([]uint32, stageSlots), groups: make([]uint32, stageSlots)}
}

func (s *stage) keyOf(r *stagedRow) []byte { return s.octets[r.at:][:r.key] }

func (s *stage) valueOf(r *stagedRow) []byte { return s.octets[r.at+uint32(r.key):][:r.value] }

func (s *stage) hash(octets []byte) uint32 { return uint32(maphash.Bytes(s.seed, octets)) }

// slotOf returns the slot of a key in its table: that of its row, or a free one.
func (s *stage) slotOf(key []byte, hash uint32) *uint32 {
	for i := hash; ; i++ {
		slot := &s.keys[i&uint32(len(s.keys)-1)]
		if *slot == 0 {
			return slot
		}
		if r := &s.rows[*slot-1]; r.hash == hash && bytes.Equal(s.keyOf(r), key) {
			return slot
		}
	}
}

// groupSlotOf is slotOf for a group.
func (s *stage) groupSlotOf(group []byte) *uint32 {
	for i := s.hash(group); ; i++ {
		slot := &s.groups[i&uint32(len(s.groups)-1)]
		if *slot == 0 {
			return slot
		}
		if r := &s.rows[*slot-1]; int(r.group) == len(group) && bytes.HasPrefix(s.keyOf(r), group) {
			return slot
		}
	}
}

// put puts a row in. group is how many octets of the key the keys of its group have in common; 0: it has none.
func (s *stage) put(key []byte, group int, value []byte) {
	hash := s.hash(key)
	slot := s.slotOf(key, hash)
	if *slot > 0 {
		s.change(&s.rows[*slot-1], key, value)
		return
	}
	r := stagedRow{hash: hash, at: uint32(len(s.octets)), group: uint16(group), key: uint16(len(key)), value: uint16(len(value))}
	s.octets = append(append(s.octets, key...), value...)
	*slot = uint32(len(s.rows) + 1)
	if group > 0 {
		newest := s.groupSlotOf(key[:group])
		r.before, *newest = *newest, uint32(len(s.rows)+1)
	}
	s.rows = append(s.rows, r)
	if 2*len(s.rows) > len(s.keys) {
		s.grow()
	}
}

// change replaces a value, in place if it is not longer.
func (s *stage) change(r *stagedRow, key, value []byte) {
	if len(value) > int(r.value) {
		r.at = uint32(len(s.octets))
		s.octets = append(append(s.octets, key...), value...)
	} else {
		copy(s.octets[r.at+uint32(r.key):], value)
	}
	r.value = uint16(len(value))
}

// grow doubles the tables.
func (s *stage) grow() {
	groups := s.groups
	s.keys, s.groups = make([]uint32, 2*len(s.keys)), make([]uint32, 2*len(groups))
	for i := range s.rows {
		*s.slotOf(s.keyOf(&s.rows[i]), s.rows[i].hash) = uint32(i + 1)
	}
	for _, newest := range groups {
		if newest > 0 {
			r := &s.rows[newest-1]
			*s.groupSlotOf(s.keyOf(r)[:r.group]) = newest
		}
	}
}

// get returns the value of a key, as a part of the stage; nil if it has no such row.
func (s *stage) get(key []byte) []byte {
	slot := *s.slotOf(key, s.hash(key))
	if slot == 0 {
		return nil
	}
	return s.valueOf(&s.rows[slot-1])
}

// each calls f with the rows of a group. Key and value are parts of the stage.
func (s *stage) each(group []byte, f func(key, value []byte)) {
	for next := *s.groupSlotOf(group); next > 0; {
		r := &s.rows[next-1]
		f(s.keyOf(r), s.valueOf(r))
		next = r.before
	}
}

// clear takes all rows out.
func (s *stage) clear() {
	s.octets, s.rows = s.octets[:0], s.rows[:0]
	clear(s.keys)
	clear(s.groups)
}
