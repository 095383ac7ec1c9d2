### Signing in at an organisation, and a form that waited for its person.

resume-sign-in = You are no longer signed in. What you typed is kept: sign in, and it is shown to be sent.
resume-sign-in-only = You are no longer signed in. Sign in and do it again. If you were filling in a form, go back to it with the browser's Back button and copy what you typed.
resume-elsewhere = Signed in in another tab already? What you typed waits here:
resume-title = Send what you typed?
resume-text = The form has not been sent yet: you were not signed in when you sent it. This is what was typed.
resume-form = To
resume-send = Send
resume-hint = If the form had been accepted before, it is not carried out a second time.
resume-nothing = There is nothing to send.
typed-reason = Reason
typed-decision = Decision
