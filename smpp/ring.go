package smpp

// ring holds the requests under way, by the sequence_number with which they were sent. Most peers count up,
// so each request has the place that the low bits of its number say. Requests whose place is taken are in a map.
type ring[R any] struct {
	places []place[R]            // as many as a power of two, or none
	n      int                   // requests, also those in others
	others map[uint32]Pending[R] // nil until the first
}

type place[R any] struct {
	used bool
	seq  uint32
	p    Pending[R]
}

const minPlaces = 8

// len returns how many requests there are.
func (r *ring[R]) len() int { return r.n }

// at returns the place of seq. There must be places.
func (r *ring[R]) at(seq uint32) *place[R] { return &r.places[seq&uint32(len(r.places)-1)] }

// find returns the request with the number seq, which stays; nil if there is none in a place.
func (r *ring[R]) find(seq uint32) *place[R] {
	if len(r.places) == 0 {
		return nil
	}
	if at := r.at(seq); at.used && at.seq == seq {
		return at
	}
	return nil
}

// get returns the request with the number seq.
func (r *ring[R]) get(seq uint32) (p Pending[R], ok bool) {
	if at := r.find(seq); at != nil {
		return at.p, true
	}
	p, ok = r.others[seq]
	return p, ok
}

// has reports whether there is a request with the number seq.
func (r *ring[R]) has(seq uint32) bool {
	if r.find(seq) != nil {
		return true
	}
	_, ok := r.others[seq]
	return ok
}

// put adds a request with the number seq, which no other one has.
func (r *ring[R]) put(seq uint32, p Pending[R]) {
	r.n++
	for 2*r.n > len(r.places) && (len(r.places) == 0 || r.at(seq).used) {
		r.grow()
	}
	if at := r.at(seq); !at.used {
		*at = place[R]{true, seq, p}
		return
	}
	if r.others == nil {
		r.others = make(map[uint32]Pending[R])
	}
	r.others[seq] = p
}

// grow doubles the places. Two requests that have different places keep different ones.
func (r *ring[R]) grow() {
	old := r.places
	r.places = make([]place[R], max(minPlaces, 2*len(old)))
	for i := range old {
		if old[i].used {
			*r.at(old[i].seq) = old[i]
		}
	}
}

// drop removes the request with the number seq, if there is one.
func (r *ring[R]) drop(seq uint32) {
	at := r.find(seq)
	if at != nil {
		*at = place[R]{}
	} else if _, ok := r.others[seq]; ok {
		delete(r.others, seq)
	} else {
		return
	}
	r.n--
}

// all yields each request, which may be dropped meanwhile.
func (r *ring[R]) all(yield func(uint32, Pending[R]) bool) {
	for i := range r.places {
		if at := &r.places[i]; at.used && !yield(at.seq, at.p) {
			return
		}
	}
	for seq, p := range r.others {
		if !yield(seq, p) {
			return
		}
	}
}

// shrink gives the memory back if there are no requests.
func (r *ring[R]) shrink() {
	if r.n == 0 {
		*r = ring[R]{}
	}
}
