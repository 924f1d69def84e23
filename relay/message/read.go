package message

// Values of status in a read response.
const (
	StatusNotRead       = 0
	StatusRead          = 1
	StatusDeletedUnread = 2
)
