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

## Signing in at an organisation

provider-sign-in = Sign in with { $name }
provider-down = { $name } does not answer, or not so that it can be understood. Sign in with login and password, or try later.
provider-refused = { $name } does not confirm that it is you, or its answer has been used. Begin again.
provider-not-begun = This sign-in was not begun in this browser, or too long ago. Begin again.
provider-code-text = The organisation has confirmed who you are. What is left is the code of your app.
provider-code-refused = The code does not fit or has been used. Wait for the next one.
unknown-title = This account is not known here
unknown-text = The organisation has confirmed who you are, but no login is linked with this account.
unknown-remedy = Ask an administrator for an invitation. If you have a login, sign in with its password and link the account on your page.
taken-title = The account is linked already
taken-text = Another login is linked with this account. Unlink it on that login's page first.
identity-title = Sign in with { $name }
identity-text = Link your account and sign in without a password.
identity-link = Link my account at { $name }
identity-since = The account has been linked since { $since }.
identity-unlink = Unlink
identity-unlink-hint = Browsers that signed in through this account are signed out.
identity-no-login = Set up your sign-in by an invitation first: without a password and recovery codes there is no way in when the organisation is not there.
identity-after-set-up = To sign in with { $name }, sign in and link your account on your page.
identity-confirm-title = Link this account?
identity-confirm-text = From then on the account opens your login without a password.
identity-confirm = Link
means-provider = through an organisation
