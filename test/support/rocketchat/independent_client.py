"""Drives a Rocket.Chat server with the PyPI package rocketchat_API and prints what that client saw, as JSON.

Arguments: server URL, user id, token, channel, id of a message that is there already.
"""

import json
import sys

from rocketchat_API.APIExceptions.RocketExceptions import RocketApiException
from rocketchat_API.rocketchat import RocketChat

url, user_id, token, channel, known_id = sys.argv[1:]
rocket = RocketChat(user_id=user_id, auth_token=token, server_url=url)


def refused(action):
    try:
        action()
    except RocketApiException as error:
        return str(error)
    return "accepted"


room = rocket.rooms_info(room_name=channel)["room"]
first = {"_id": "independent0client", "rid": room["_id"], "msg": "hello from Python"}

print(
    json.dumps(
        {
            "me": rocket.me()["_id"],
            "room": room["name"],
            "known": rocket.chat_get_message(known_id)["message"]["msg"],
            "sent": rocket.chat_send_message(first)["message"]["_id"],
            "repeated": refused(lambda: rocket.chat_send_message(first)),
            "posted": rocket.chat_post_message(
                "with an attachment",
                channel="#" + channel,
                attachments=[{"title": "t", "fields": [{"title": "a", "value": "b", "short": True}]}],
            )["message"]["msg"],
            "invalid_channel": refused(lambda: rocket.chat_post_message("x", channel="#nowhere")),
            "invalid_params": refused(lambda: rocket.chat_post_message("x", channel="#" + channel, blocks=[])),
            "not_there": refused(lambda: rocket.chat_get_message("no-such-message")),
            "wrong_token": refused(
                lambda: RocketChat(user_id=user_id, auth_token="wrong", server_url=url).me()
            ),
            "limited": refused(lambda: [rocket.me() for _ in range(20)]),
        }
    )
)
