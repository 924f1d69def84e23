package journal

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/nats-io/nats.go"
)

// storedMessages answers requests for messages as a server does that has them by their sequences, some damaged.
type storedMessages map[uint64]string

func (s storedMessages) Ask(_ context.Context, _ string, _, request []byte) ([]byte, error) {
	var which struct {
		Seq uint64 `json:"seq"`
	}
	if err := json.Unmarshal(request, &which); err != nil {
		return nil, err
	}
	data, intact := s[which.Seq]
	if !intact {
		return []byte(`{"error":{"code":404,"err_code":10037}}`), nil
	}
	return json.Marshal(map[string]any{"message": map[string]any{"seq": which.Seq, "data": []byte(data)}})
}

func (storedMessages) Close() {}

// A replay goes on with the first message behind the damaged ones, whichever those are, up to the end of the
// log as it was opened.
func TestPassDamage(t *testing.T) {
	for _, tt := range []struct {
		name string
		log  storedMessages
		want uint64 // where the replay goes on
		read []string
	}{
		{"none is damaged", storedMessages{3: "three", 4: "four", 5: "five"}, 4, []string{"three"}},
		{"one", storedMessages{4: "four", 5: "five"}, 5, []string{"four"}},
		{"two", storedMessages{5: "five"}, 6, []string{"five"}},
		{"all up to the end", storedMessages{6: "new"}, 6, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := &JetStream{nc: new(nats.Conn), asker: tt.log, info: Info{First: 1, Last: 5}}
			var read []string
			next, err := l.passDamage(t.Context(), 3, func(seq uint64, batch []byte) error {
				if seq+1 != tt.want {
					t.Errorf("sequence: got %d, want %d", seq, tt.want-1)
				}
				read = append(read, string(batch))
				return nil
			})
			if err != nil || next != tt.want || !slices.Equal(read, tt.read) {
				t.Errorf("got %d, %q, %v, want %d, %q", next, read, err, tt.want, tt.read)
			}
		})
	}
}
