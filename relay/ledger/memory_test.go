package ledger

import (
	"encoding/binary"
	"runtime"
	"testing"
	"time"

	"readback/relay/message"
)

// heapSize is what is in use.
func heapSize() int64 {
	for range 3 { // what earlier tests left, and their pools, goes with the first ones
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// conversationAt returns one of many conversations.
func conversationAt(i int) (c message.Conversation) {
	c.Sender, _ = message.NewAddr("10690001")
	c.Receiver, _ = message.NewAddr(binary.BigEndian.AppendUint32([]byte("44770090"), uint32(i)))
	return c
}

// A conversation takes no more memory than ConversationSize says, and three times as much if it has had
// messages in parts. The map of each shard has just grown here.
func TestMemoryOfConversations(t *testing.T) {
	for _, tt := range []struct {
		name  string
		parts bool
		most  float64
	}{{"whole messages", false, ConversationSize}, {"messages in parts", true, 3 * ConversationSize}} {
		t.Run(tt.name, func(t *testing.T) {
			const n = 1 << 17
			before := heapSize()
			tab := newTable(n)
			for i := range n {
				c := conversationAt(i)
				sh, key := tab.at(&c)
				h := sh.add(key, &c, loaded{next: 1}, 3*n, time.Time{})
				if tt.parts {
					h.openParts(&Sent{At: time.Unix(int64(i), 0), Part: message.Part{Total: 2, Seq: 1}})
					h.closePart(0)
				}
				sh.rest(h)
			}
			each := float64(heapSize()-before) / n
			runtime.KeepAlive(tab)
			t.Logf("%.1f octets each", each)
			if each > tt.most {
				t.Errorf("got %.1f octets each, want at most %v", each, tt.most)
			}
		})
	}
}
