# Every sentence that people read. What went wrong says three things: what happened, what it cost, what to do next.
# No provider's name, no address and no upstream's words ever stand in here.

## Pieces

credits = { $credits ->
    [one] { $credits } credit
   *[other] { $credits } credits
}
returned = { $refunded ->
    [none] Nothing was charged.
    [0] Nothing was charged.
    [one] { $refunded } credit returned.
   *[other] { $refunded } credits returned.
}
model-named = { $model ->
    [none] The model
   *[other] The model “{ $model }”
}

## Phases of a job, in order, and its endings

phase-waiting = { $position ->
    [none] In line
   *[other] In line, place { $position } of { $waiting }
}
phase-starting = Starting
phase-sent = Sent to the model
phase-rendering = { $percent ->
    [none] Rendering
   *[other] Rendering { $percent } %
}
phase-finishing = Finishing
phase-uploading = Uploading
phase-done = Done
phase-failed = Failed
phase-cancelled = Cancelled
phase-interrupted = Interrupted
phase-undelivered = Made, but not handed over

note-estimate = estimate
note-attempt = try { $attempt }
note-paused = paused by moderators
note-quiet = no news for { $seconds } s

moment-minutes = at { $clock } (in { $minutes } min)
moment-hours = at { $clock } (in { $hours } h)
moment-date = on { $date } at { $clock }

left-window = { $window ->
    [week] this week
    [month] this month
    [last_day] within 24 hours
    [last_week] within 7 days
    [last_month] within 30 days
   *[day] today
}
receipt = { $left ->
    [none] It cost { credits }.
   *[other] It cost { credits }; { $left } of { $allowance } credits left { left-window }.
}
cancelled = Cancelled. { returned }

## Why no video came

error-moderation = { $subject ->
    [prompt] The model's safety filter refused this prompt. { returned } Try describing it without real people or brands.
    [image] The model's safety filter refused the picture, often for a recognisable face. { returned } Try another picture.
    [result] The video was made but withheld by the safety filter. { returned } The filter varies: one more try sometimes works.
   *[other] The model's safety filter refused this. { returned } Try other words, without real people or brands.
}
error-rejected-by-upstream = { model-named } turned this request down without saying why. { returned } Try other words.
error-rate-limited = { model-named } is asked too often right now. { returned } Try again in a few minutes.
error-capacity = { model-named } has no room right now. { returned } Try again in a few minutes, or take another model.
error-timeout = No video came in time. { returned } Try again.
error-gateway-timeout = The line to the model timed out before a video came. { returned } Try again; a shorter video is likelier to pass.
error-insufficient-credit = The host's account with this model is used up. { returned } Take another model, or tell the host.
error-auth = The model does not accept the host's key. { returned } Take another model, or tell the host.
error-model-not-found = { model-named } is no longer there. { returned } Take another model, and tell the host.
error-bad-request = { model-named } could not use this request. { returned } Try another length, shape or prompt.
error-no-result = The model finished but sent no video. { returned } Try again.
error-upstream-error = { model-named } failed on its own side. { returned } Try again in a few minutes.
error-transport-cut = The line to the model broke before the video came. { returned } Try again.
error-pending-poll-required = { model-named } took the request, but never said how it ended. { returned } Try again later.
error-unknown = No video came, and the model's answer was not understood. { returned } Try again; if it happens twice, tell the host.
error-unreachable = { model-named } is not answering. { returned } Try again in a few minutes, or take another model.
error-result-not-allowed = The model sent a link that this bot does not trust. { returned } Tell the host if it happens again.
error-result-unreachable = The video was made but could not be fetched. { returned } Try again.
error-result-too-large = The video is larger than the host allows. { returned } Try a shorter one.
error-result-not-a-video = What the model sent is not a video. { returned } Try again.
error-stream-too-large = The model's answer would not end and was broken off. { returned } Try again.
error-storage-full = The host has no room left for videos. { returned } Tell the host, and try again later.
error-interrupted = The bot restarted while this was rendering. { returned } Try again: it goes to the front and costs nothing.
error-internal = Something went wrong in the bot itself. { returned } Try again; if it happens twice, tell the host.

## Why a request was turned away; nothing was charged

refusal-prompt-empty = There is nothing to film yet. Nothing was charged. Say what the video should show.
refusal-prompt-too-long = { $length } characters; the limit is { $limit }. Nothing was charged. Make it shorter.
refusal-model-unknown = { $models ->
    [none] There is no model “{ $model }”. Nothing was charged.
   *[other] There is no model “{ $model }”. Nothing was charged. There are: { $models }.
}
refusal-model-retired = { $fallback ->
    [none] The model “{ $model }” is no longer offered. Nothing was charged. Take another one.
   *[other] The model “{ $model }” is no longer offered. Nothing was charged. Take “{ $fallback }” instead.
}
refusal-length-unknown = { $lengths ->
    [none] A video cannot be { $seconds } s long. Nothing was charged. Choose another length.
   *[other] “{ $model }” does not make { $seconds } s. Nothing was charged. Choose one of: { $lengths } s.
}
refusal-shape-unknown = “{ $model }” does not make that shape ({ $shape }). Nothing was charged. Choose one of: { $shapes }.
refusal-style-unknown = { $styles ->
    [none] “{ $model }” has no styles. Nothing was charged. Leave it out.
   *[other] “{ $model }” has no style “{ $style }”. Nothing was charged. Choose one of: { $styles }.
}
refusal-picture-unreadable = That file isn't a PNG, JPEG or WebP under 8 MB. Nothing was charged. Try another picture.
refusal-picture-not-fetched = Your picture could not be fetched. Nothing was charged. Try again in a moment, or send the picture anew.
refusal-no-picture-there = There is no picture in that message. Nothing was charged. Choose a message that shows one.
refusal-no-video-there = That message is none of mine with a video. Nothing was charged. Choose one that shows a video I made.
refusal-image-not-taken = “{ $model }” does not take a picture. Nothing was charged. Leave it out, or take another model.
refusal-over-allowance = { $rule ->
    [share] You have used { $used } of the { $limit } credits that one member may have of this community's pool { over-window }{ over-price }. Nothing was charged.{ over-more }
    [pool] This community has used { $used } of its { $limit } credits { over-window }{ over-price }. Nothing was charged.{ over-more }
    [ceiling] You have used { $used } of the { $limit } credits that the host of this bot lets anybody have { over-window }{ over-price }. Nothing was charged.{ over-more }
    [host_pool] This community has used { $used } of the { $limit } credits that the host of this bot gives it { over-window }{ over-price }. Nothing was charged.{ over-more }
    [budget] The host of this bot has set money aside for videos, and what is left of it { over-window } is not enough. Nothing was charged.{ over-more }
   *[person] You have used { $used } of { $limit } credits { over-window }{ over-price }. Nothing was charged.{ over-more }
}
over-window = { $window ->
    [week] this week
    [month] this month
    [last_day] in the last 24 hours
    [last_week] in the last 7 days
    [last_month] in the last 30 days
   *[day] today
}
over-price = { $price ->
    [none] { "" }
   *[other] , and this costs { $price } { $price ->
        [one] credit
       *[other] credits
    }
}
over-more = { $resets ->
    [none] { "" }
   *[other] { " " }More { $resets }.
}
refusal-books-closed = The books of this bot do not add up, so it begins nothing new until its host has looked at them. Nothing was charged. Try again later.
refusal-too-many-waiting = You already have { $limit ->
    [none] as many videos as fit
    [one] { $limit } video
   *[other] { $limit } videos
} under way. Nothing was charged. Cancel one, or wait for it.
refusal-line-full = The line is full. Nothing was charged. Try again in a few minutes.
refusal-not-yours = That video is somebody else's. Nothing was changed. Use /jobs to see yours.
refusal-not-found = There is no such job. Nothing was changed. Use /jobs to see yours.
refusal-already-over = That video is already finished. Nothing was changed. Use /jobs to find it.
refusal-not-over-yet = That video isn't finished yet. Nothing was changed. Cancel it, or wait for it.
refusal-not-made = There is no video of that job any more. Nothing was charged. Use /video to make a new one.
refusal-same-id-other-request = That request came twice with different words. Nothing more was charged. Send it again as a new one.
refusal-draining = The bot is about to restart. Nothing was charged. Try again in a minute.
refusal-blocked = You can't make videos here{ $reason ->
    [none] { "" }
   *[other] { " " }(reason: “{ $reason }”)
}. Nothing was charged. { $resets ->
    [none] { "" }
   *[other] You can again { $resets }.{ " " }
}Ask the moderators to appeal.
refusal-community-paused = The moderators have paused videos here{ $reason ->
    [none] { "" }
   *[other] { " " }(reason: “{ $reason }”)
}. Nothing was charged. What is being made ends, and what waits keeps its place. Try again later.
refusal-community-full = This community already has { $limit ->
    [none] as many videos under way as fit
    [one] { $limit } video under way, as many as its moderators allow
   *[other] { $limit } videos under way, as many as its moderators allow
}. Nothing was charged. Try again once one of them is done.
refusal-wrong-channel = { $channels ->
    [none] Videos are not made here. Nothing was charged. Ask a moderator where they are.
   *[other] Videos are not made here. Nothing was charged. They are made in { $channels }.
}
refusal-not-a-moderator = That is for moderators. Nothing was changed. { $platform ->
    [telegram] It takes an administrator of this group.
   *[discord] It takes the permission “Manage Server”.
}
refusal-moderators-unknown = It could not be found out just now who moderates here. Nothing was changed. Try again in a minute.
refusal-not-in-a-community = There is nothing to moderate in a private chat. Nothing was changed. Use it where your community is.
refusal-limit-out-of-range = { $least ->
    [none] That number does not do. Nothing was changed. Choose another one.
   *[other] That number does not do. Nothing was changed. Choose one from { $least } to { $most }.
}
refusal-zone-unknown = There is no time zone “{ $zone }”. Nothing was changed. Name one like Europe/Berlin.
refusal-duration-unknown = “{ $duration }” is no length of time. Nothing was changed. Say it like 30m, 12h, 7d or 2w.
refusal-person-unknown = { $name ->
    [none] It does not say whom you mean. Nothing was changed. Reply to one of their messages with it, or name them by @name.
   *[other] I have not met { $name } yet. Nothing was changed. Reply to one of their messages with it instead.
}
refusal-not-understood = { $how ->
    [none] That was not understood. Nothing was changed. Use /{ command-name-videomod } alone to see what there is.
   *[other] That was not understood. Nothing was changed. Say it like this: { $how }
}

## The video is made and kept, but did not reach the chat

delivery-too-large-for-chat = The video is made, but larger than this chat takes. It counts as made and is kept. Use /jobs to find it.
delivery-chat-gone = The video is made, but the chat it belongs to is gone. It counts as made and is kept. Use /jobs elsewhere.
delivery-not-permitted = The video is made, but the bot may not post it here. It counts as made and is kept. Ask a moderator, then use /jobs.
delivery-chat-unreachable = The video is made, but the chat could not be reached. It counts as made and is kept. It is tried again.
delivery-file-gone = The video was made, but its file is no longer on the host's disk. It counts as made. Tell the host.

## A status message in a chat

shape-name = { $shape ->
    [portrait] Portrait 9:16
    [square] Square 1:1
   *[landscape] Landscape 16:9
}
facts = { shape-name } · { $seconds } s · { $model }{ $style ->
    [none] { "" }
   *[other] { " " }· { $style }
}
price-tag = { credits }, returned if it fails{ $left ->
    [none] { "" }
   *[other] { " " }· { $left } of { $allowance } left { left-window }
}
starts-in = Likely starts in { $span }.
started = Started { $when }
usually = usually { $span }
span-seconds = { $from }–{ $to } s
span-minutes = { $from }–{ $to } min
span-minute = about { $to } min
took = took { $clock }
ai-generated = AI-generated
alt-text = AI-generated video{ $prompt ->
    [none] { "" }
   *[other] : { $prompt }
}
job-named = job { $job }
ready = { $who } your video is ready.
taken-away = This video was taken away.
made-private = This video is now private.
link-instead = The video is over the upload limit here. This link may not last, so save it soon: { $link }
sent-elsewhere = The video is made, but the bot may not attach files to this message. { $way ->
    [direct] It is in the direct messages of whoever asked for it.
   *[other] It stands further down.
} A moderator can allow “Attach Files”.
press-to-follow = Should this stop counting, press “Show result”.

button-cancel = Cancel
button-remix = Remix
button-edit = Edit prompt
button-again = Run again
button-retry-free = Try again (goes to the front, free)
button-retry = Try again
button-private = Make private
button-report = Report
button-delete = Delete
button-show = Show result
button-fetch = Show

form-remix = Remix this video
form-animate = Animate this image
form-report = Report this video
form-prompt = What should the video show?
form-reason = What is wrong with it?
outdated-form = That form is from too long ago. Nothing was charged. Open it again.
tried-again-before = You tried that again before, as job { $job }. Nothing more was charged. See it with /{ command-name-jobs }.
private-meanwhile = That video was made private meanwhile. Nothing was charged. Find it with /{ command-name-jobs }, and remix it there.
film-is-private-here = That video is private by now, so it is not shown here. Nothing was charged. Find it with /{ command-name-jobs }.
show-later = The video could not be shown just now. Nothing was charged, and it is kept. Press “Show” again in a minute.
no-preference = No preference
models-more = … and { $count ->
    [one] one more
   *[other] { $count } more
}; type into the option “{ option-name-model }” of /{ command-name-video } to find it.
reported = Thank you. Your report is with the people who run this bot.
reported-before = You reported this video before. Nothing more is needed.
deleted = The video is deleted.
still-in-view = That is written down, but the bot could not change its message, which may still show the video. Delete that message, or ask a moderator to.
still-making = It is still being made; this message counts on from here.
queue = { $waiting ->
    [0] Nobody is waiting.
    [one] 1 video is waiting.
   *[other] { $waiting } videos are waiting.
} { $running ->
    [0] None is being made.
    [one] 1 is being made.
   *[other] { $running } are being made.
}
queue-mine = Yours: { $places }
settings-quiet = Ping me when a video is ready: { $on ->
    [1] yes
   *[0] no
}
settings-shape = Shape when I name none: { $shape ->
    [none] the model's own
   *[other] { shape-name }
}
settings-model = Model when I name none: { $model ->
    [none] the host's choice
   *[other] { $model }
}
settings-change = Change it with the options of /settings.
model-line = **{ $model }**: { $lengths } · { $shapes }{ $styles ->
    [none] { "" }
   *[other] { " " }· styles: { $styles }
}{ $image ->
    [1] { " " }· takes a picture
   *[0] { "" }
}
job-line = `{ $job }` { $phase } · { $prompt }
button-outdated-pressed = That button is from an older version. Use /jobs to find this video.
crowded = Too much is going on in this chat just now. Nothing was changed. Press again in a minute.
try-again-soon = That took too long just now. Nothing was changed. Press again.

## The commands: a name is 1 to 32 lower-case letters, digits, - or _ (on Telegram a–z, 0–9 and _); what it is for has up to 100 characters

command-name-video = video
command-name-animate = animate
command-name-jobs = jobs
command-name-quota = quota
command-name-queue = queue
command-name-models = models
command-name-settings = settings
command-name-help = help
command-video = Make a video from words, or from a picture
command-animate = Make a video from a picture
command-jobs = Your videos, the newest first
command-quota = What you have left
command-queue = The line, and your place in it
command-models = What can be made, and what it costs
command-settings = How you want your videos when you do not say
command-help = What this bot can do
menu-animate = Animate this image
menu-remix = Remix this video
option-name-prompt = prompt
option-name-image = image
option-name-length = length
option-name-shape = shape
option-name-model = model
option-name-style = style
option-name-visibility = visibility
option-name-quiet = quiet
option-prompt = What the video should show
option-image = A picture to begin from
option-length = How many seconds
option-shape = The frame
option-model = Who makes it
option-style = The look
option-visibility = Who sees it
option-quiet = Leave out the ping when a video is ready
visibility-name = { $visibility ->
    [private] Only me
    [spoiler] Spoiler
   *[everyone] Everyone
}
chat-help =
    Make a video with **/video**, or one from a picture with **/animate**.
    Or open a message's menu → Apps → **Animate this image** or **Remix this video**.
    See your videos with **/jobs**, what you have left with **/quota**, and the line with **/queue**.
    See what there is and what it costs with **/models**; say how you want it with **/settings**.
    Moderators set limits, and much more, with **/videomod**.
    A video that fails costs nothing.

## Commands

demo-welcome = This is Matinee, on this machine alone. /help lists what you can type.

help =
    /video WORDS     make a video; at the end you may add length:10 shape:portrait model:{ $model } style:NAME
    /jobs            your videos, the newest first
    /quota           what you have left
    /cancel [JOB]    stop a video that is not finished; it costs nothing
    /help            this list
    /quit            leave (or Ctrl-D)
offer = { $model }: { $lengths }; { $shapes }
offer-length = { $seconds } s for { credits }
unknown-command = { $near ->
    [none] There is no command “{ $command }”. Use /help to see them.
   *[other] There is no command “{ $command }”. Did you mean { $near }?
}
not-a-command = That is not a command. To make a video of it, begin with /video.
option-wrong = “{ $option }” is not understood. { $kind ->
    [length] Say how many seconds, for example length:10.
   *[shape] Say landscape, portrait or square, for example shape:portrait.
}
quota = { $left } of { $limit } credits left. { $resets ->
    [none] { "" }
   *[other] More { $resets }.
}
no-jobs = You have made no video yet. Try /video a lighthouse in a storm
nothing-to-cancel = Nothing of yours is under way.
which-to-cancel = You have several under way; say which: { $jobs }
cancelling = Stopping { $job }.
accepted = { $job }: { credits }, returned if it fails.
leaving = Waiting for what is under way. Ctrl-C leaves at once.
unfinished = { $count ->
    [one] { $count } video is not finished. It goes on, or is paid back, at the next start.
   *[other] { $count } videos are not finished. They go on, or are paid back, at the next start.
}
database-away = The bot cannot reach its own records just now. Nothing was changed. Try again in a minute.

## Telegram: commands, cards and presses

telegram-welcome =
    I make AI video from words. Try this:
    /video a lighthouse in a storm
    Or just tell me what you want to see, or send me a picture. /help shows the rest. A video that fails costs nothing.
telegram-welcome-group =
    I make AI video from words. Try this:
    /{ command-name-video }@{ $bot } a lighthouse in a storm
    For one from a picture, reply to the picture with /{ command-name-animate }@{ $bot } and what should happen. /{ command-name-help }@{ $bot } shows the rest. A video that fails costs nothing.
telegram-hello = I make AI video here. Try: /{ command-name-video }@{ $bot } a lighthouse in a storm
telegram-help =
    /video WORDS – make a video; at the end you may add length:10 shape:portrait model:{ $model } style:NAME
    /video alone – choose with buttons
    /animate – make one from a picture: reply to a photo with it, or make it the photo's caption
    /jobs – your videos, to see them again
    /cancel – stop one that is not finished
    /quota – what you have left
    /queue – the line, and your place in it
    /models – what there is, and what it costs
    /settings – how you want it when you do not say
    A video that fails costs nothing.
telegram-model = { $lengths } · { $shapes }{ $styles ->
    [none] { "" }
   *[other] { " " }· styles: { $styles }
}{ $image ->
    [1] { " " }· takes a picture
   *[0] { "" }
}
animate-how = There is no picture. Nothing was charged. Reply to a photo with /animate and what should happen, or send a photo with that as its caption.
no-jobs-here = You have made no video here yet. Try /video a lighthouse in a storm, or ask me for /jobs in our private chat.
shape-short = { $shape ->
    [portrait] Portrait
    [square] Square
   *[landscape] Landscape
}
card-title = New video
card-no-words = There are no words yet. Press Edit to say what the video should show.
card-picture = 🖼 It begins from your picture.
card-cost = { credits }{ $left ->
    [none] { "" }
   *[other] { " " }· you have { $left } of { $limit } { left-window }
}{ $bonus ->
    [none] { "" }
   *[other] { " " }and { $bonus } that you were given
}{ $pool ->
    [none] { "" }
   *[other] { " " }· { $pool } left in the pool
}
card-make = ▶️ Make it ({ credits })
card-edit = ✏️ Edit
card-cancel = ✖️ Cancel
card-taken = It is on its way.
card-dropped = Dropped. Nothing was charged.
card-gone = That card is too old. Nothing was charged. Use /video for a new one.
card-not-yours = That card is somebody else's. Nothing was changed. Use /video for one of your own.
button-not-yours = That button is somebody else's. Nothing was changed.
private-nowhere = This video was asked for in the name of a chat, which has no private chat with the bot. Nothing was changed. Use Delete to take it away.
button-of-a-channel = This is a channel's, and the bot cannot see who writes for it. Nothing was changed. Administrators of this chat can press; the channel itself can type /cancel and /video.
button-forged = That button is none of mine. Nothing was changed. Use /jobs to find your videos.
ask-words = Reply to this with what the video should show.
ask-no-words = There are neither words nor a picture in that. Nothing was changed. Reply to the question again, with what the video should show.
film-is-private = This video is private. Open our chat to see it.
film-made-private = A moderator has made this video private. Whoever asked for it finds it in the private chat with the bot.
settings-pinged = 🔔 Ping me
settings-unpinged = 🔕 No ping
settings-any-shape = Any shape
settings-any-model = Any model
command-name-cancel = cancel
command-cancel = Stop a video that is not finished
report-reason = { $reason ->
    [sexual] Sexual
    [violent] Violent
    [person] A real person
   *[other] Something else
}

## Telegram: status messages

telegram-button-send-again = Send again
telegram-button-open-private = Open private chat
telegram-ago = { $minutes ->
    [0] just now
   *[other] { $minutes } min ago
}
telegram-crowded = Under way
telegram-crowded-where = How it goes is told on the board here, the message “… videos are under way here” (job { $job }).
telegram-ready = Your video is ready.
telegram-ready-here = Your video is ready. It is here, since the bot may not post it where you asked for it.
telegram-sent-privately = The video is made. { $why ->
    [rights] The bot may not post it here, so it is in the private chat between the bot and whoever asked for it.
   *[wish] It is in the private chat between the bot and whoever asked for it.
}
telegram-held = The video is made and is for you alone, but the bot may not write to you yet. It counts as made and is kept. Open the private chat, press Start, and it is sent there.

## Telegram: the board of a busy chat

telegram-board = { $count } videos are under way here
telegram-board-line = { $phase } · { $prompt } · job { $job }
telegram-board-more = … and { $count } more
telegram-board-why = While so many are under way, this message alone counts on. Each video comes in its own message.
telegram-board-done = All videos that were asked for here are done.
telegram-board-few = The board is closed: { $count ->
    [one] the last video counts on in its own message
   *[other] the last { $count } videos count on in their own messages
}.

## What moderators set, do and see; the same on every platform

videos-counted = { $credits ->
    [one] { $credits } video
   *[other] { $credits } videos
}
limit-said = { $limit ->
    [day] { credits } a day
    [week] { credits } a week
    [month] { credits } a month
    [last_day] { credits } in any 24 hours
    [last_week] { credits } in any 7 days
    [last_month] { credits } in any 30 days
    [running] { videos-counted } being made at once
    [waiting] { videos-counted } under way at once
    [weight] { $credits } % of the usual part of the line
    [pool_day] { credits } a day
    [pool_week] { credits } a week
    [pool_month] { credits } a month
    [pool_share] at most { $credits } % of it for one member
    [pool_running] { videos-counted } being made at once
   *[pool_waiting] { videos-counted } under way at once
}
limit-free = { $limit ->
    [day] no limit a day
    [week] no limit a week
    [month] no limit a month
    [running] no limit to what is made at once
    [waiting] no limit to what is under way
    [weight] the usual part of the line
    [pool_day] no limit a day
    [pool_week] no limit a week
    [pool_month] no limit a month
    [pool_running] no limit to what is made at once
   *[pool_waiting] no limit to what is under way
}
limit-name = { $limit ->
    [day] Credits a day
    [week] Credits a week
    [month] Credits a month
    [last_day] Credits in any 24 hours
    [last_week] Credits in any 7 days
    [last_month] Credits in any 30 days
    [running] Being made at once
    [waiting] Under way at once (waiting or being made)
    [weight] Part of the line, in percent of the usual
    [pool_day] Credits a day, for all together
    [pool_week] Credits a week, for all together
    [pool_month] Credits a month, for all together
    [pool_share] Most that one member may have of it, in percent
    [pool_running] Being made at once, for all together
   *[pool_waiting] Under way at once, for all together
}
limit-from = { $value } ({ source-name })
source-name = { $source ->
    [person] person
    [role] role
    [community] community
   *[installation] installation
}
rules-zone = Days begin at midnight in { $zone } ({ source-name }).
rules-everybody = Each person: { $values }
rules-role = Role { $role }: { $values }
rules-person = Person { $person }: { $values }
rules-no-roles = Nothing is set by role.
rules-pool = Pool: { $values }
rules-channels = { $channels ->
    [none] Videos can be asked for everywhere here.
   *[other] Videos can be asked for in: { $channels }
}
rules-order = Heard first: person → role → community → installation. Of several roles the most generous counts.
rules-host = The host's own walls, whatever is set here: { $day ->
    [none] { "" }
   *[other] { $day } credits a day for a person everywhere
}{ $month ->
    [none] { "" }
   *[other] { $day ->
        [none] { "" }
       *[other] , { "" }
    }{ $month } credits a month for this community
}.
rules-paused = ⏸ Videos are paused here, by { $by }.
state-paused = ⏸ Paused by { $by } at { $at }{ $reason ->
    [none] { "" }
   *[other] : “{ $reason }”
}
state-job = { $job } · { $phase } · { $person } · { credits }
state-more = … and { $count } more
state-block = 🚫 { $person } is blocked { $until ->
    [none] until somebody takes it back
   *[other] until { $until }
}{ $reason ->
    [none] { "" }
   *[other] : “{ $reason }”
}
log-line = { $at } · { $did }
log-empty = Nobody has changed anything yet.
act-nothing = That is so already. Nothing was changed.
act-limit-set = { $by } set { $limit } for { $subject ->
    [none] everybody
    [pool] the pool
   *[other] { $subject }
}
act-limit-cleared = { $by } unset “{ $limit }” for { $subject ->
    [none] everybody
    [pool] the pool
   *[other] { $subject }
}
act-channel-allowed = { $by } let videos be asked for in { $subject }
act-channel-closed = { $by } let videos be asked for no longer in { $subject }
act-channels-opened = { $by } let videos be asked for everywhere
act-zone-set = { $by } set the time zone: { $subject ->
    [none] the host's
   *[other] { $subject }
}
act-granted = { $by } gave { $subject } { credits }, who now has { $left } besides the allowance
act-forgiven = { $by } reset the allowance of { $subject }: { credits } count no more
act-blocked = { $by } blocked { $subject } { $until ->
    [none] until somebody takes it back
   *[other] until { $until }
}{ $reason ->
    [none] { "" }
   *[other] : “{ $reason }”
}
act-unblocked = { $by } unblocked { $subject }
act-paused = { $by } paused videos here{ $reason ->
    [none] { "" }
   *[other] : “{ $reason }”
}
act-resumed = { $by } let videos go on
act-cancelled = { $by } stopped job { $job } of { $subject }
quota-line = { $rule ->
    [share] Your part of the pool:{ " " }
    [pool] The pool:{ " " }
    [ceiling] Yours everywhere:{ " " }
    [host_pool] This community:{ " " }
   *[person] { "" }
}{ $left } of { $limit } credits left { left-window } ({ source-name }).{ over-more }
quota-unlimited = Nothing limits you but what stands here.
quota-bonus = Given to you besides: { credits }, which never lapse.
quota-receipts = Your latest videos:
quota-receipt = { $job } · { $at } · { $hold ->
    [released] { credits } returned
    [held] { credits } set aside
   *[captured] { credits }
}

## /videomod: its commands; names as above

command-name-videomod = videomod
command-videomod = For moderators: limits, the line, and who may make videos
videomod-name-limits = limits
videomod-name-roles = roles
videomod-name-pool = pool
videomod-name-grant = grant
videomod-name-reset = reset
videomod-name-block = block
videomod-name-unblock = unblock
videomod-name-pause = pause
videomod-name-resume = resume
videomod-name-cancel = cancel
videomod-name-status = status
videomod-name-log = log
videomod-limits = All limits on one screen, or set one; channels and time zone, too
videomod-roles = What each role may have
videomod-pool = What all together may have, and one member's part of it
videomod-grant = Give somebody credits that never lapse
videomod-reset = Let what somebody has used so far count no more
videomod-block = Let somebody make no videos
videomod-unblock = Let somebody make videos again
videomod-pause = Begin nothing new; what runs ends, what waits keeps its place
videomod-resume = Go on
videomod-cancel = Stop anybody's video; it costs them nothing
videomod-status = What goes on, and who is blocked
videomod-log = Who changed what, and when
option-name-who = who
option-name-limit = limit
option-name-value = value
option-name-clear = clear
option-name-channel = channel
option-name-zone = zone
option-name-role = role
option-name-person = person
option-name-credits = credits
option-name-duration = duration
option-name-reason = reason
option-name-job = job
option-who = A member or a role; everybody, where you name none
option-limit = What is limited
option-value = How much
option-clear = Unset it, so that the next in the order is heard
option-channel = A channel in which videos may be asked for; with clear: no longer
option-zone = The time zone in which days begin, such as Europe/Berlin
option-role = Which role
option-person = Whom
option-credits = How many
option-duration = For how long, such as 12h, 7d or 2w; until you take it back, where you say nothing
option-reason = Why; it is told to those whom it concerns
option-job = Which one
videomod-missing = Say { $what ->
    [value] the value too, or clear
   *[limit] which limit
}. Nothing was changed.
videomod-menu =
    For moderators of this group. Each as /{ command-name-videomod } and then:
    limits – all of them; day 8, week 20, month 60, running 1, waiting 3 set one for everybody, @name day 8 for one person, admins day 8 for administrators, day off unsets it
    limits topic here · topic not here · topic everywhere – where videos may be asked for
    limits zone Europe/Berlin – where days begin
    roles – what administrators may have
    pool week 200 · pool share 20 · pool running 2 · pool waiting 9 – what all together may have
    grant @name 5 – credits that never lapse
    reset @name – what they have used counts no more
    block @name 7d reason · unblock @name
    pause reason · resume
    cancel JOB – stop anybody's video
    status · log
    In the place of @name, reply to one of their messages.
telegram-admins = administrators
telegram-anonymous = An anonymous administrator
telegram-somebody = somebody (number { $number })
telegram-general = the topic General
telegram-topic = topic { $number }
