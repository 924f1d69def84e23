package main

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"readback/conversation"
)

// TestCompareLists holds the ESME's own list against what the gateway may answer.
func TestCompareLists(t *testing.T) {
	book := conversation.New(conversation.Options{})
	for i, id := range []string{"1", "2", ""} {
		book.Submitted(conversation.Submit{
			Key: "k" + id, Sender: demoSender, Receiver: receiver(0), At: time.Unix(int64(i), 0),
		})
		book.Answered("k"+id, id)
	}
	book.Tell(conversation.News{MessageIDs: []string{"1"}, State: conversation.Read})
	own, _ := book.Conversation(demoSender, receiver(0))
	const first = `{"number":1,"state":"read","account":"demo","message_ids":["1"]}`
	tests := []struct {
		name, told string
		want       error
	}{
		{"same", `{"messages":[` + first + `,{"number":2,"state":"sent","account":"demo-text","message_ids":["2"]}],"shown":{"read":1,"sent":2}}`, nil},
		{"one is missing", `{"messages":[` + first + `],"shown":{"read":1,"sent":2}}`, errLists},
		{"another state", `{"messages":[` + first + `,{"number":2,"state":"read","account":"demo","message_ids":["2"]}],"shown":{"read":1,"sent":2}}`, errLists},
		{"another mark", `{"messages":[` + first + `,{"number":2,"state":"sent","account":"demo","message_ids":["2"]}],"shown":{"read":null,"sent":2}}`, errLists},
		{"another ESME's, too", `{"messages":[` + first + `,{"number":2,"state":"sent","account":"mine","message_ids":["2"]}],"shown":{}}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var told apiView
			if err := json.Unmarshal([]byte(tt.told), &told); err != nil {
				t.Fatal(err)
			}
			if got := compareLists(own, told); !errors.Is(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
