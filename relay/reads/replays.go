package reads

import (
	"sync"
	"time"

	"readback/internal/lru"
	"readback/relay/message"
)

// maxReplays is how many ids of read responses are remembered.
const maxReplays = 1 << 16

// replays remembers the content of the read responses with an id, so that an id is not used for other
// content within the window. It is lost when the process restarts.
type replays struct {
	window time.Duration // 0: nothing is remembered

	// Guarded by mu.
	mu   sync.Mutex
	seen *lru.Cache[replayKey, stamped]
}

type replayKey struct {
	receiver message.Addr
	id       uint64
}

// said is the content of a read response.
type said struct {
	sender message.Addr
	number uint16
	status uint8
	readAt int64 // ms; 0: not said
}

type stamped struct {
	said
	at time.Time
}

func newReplays(window time.Duration) *replays {
	return &replays{window: window, seen: lru.New[replayKey, stamped](maxReplays)}
}

// claim reports whether an id may stand for this content: it is new, or has stood for it before.
func (r *replays) claim(key replayKey, content said, now time.Time) bool {
	if r.window == 0 || key.id == 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, ok := r.seen.Get(key); ok && old.said != content && now.Sub(old.at) < r.window {
		return false
	}
	r.seen.Put(key, stamped{content, now})
	return true
}

func (r *replays) forget(receiver message.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen.Forget(func(k replayKey) bool { return k.receiver == receiver })
}
