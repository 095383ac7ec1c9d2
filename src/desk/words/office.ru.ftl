### Страницы офиса программы и органов.

menu-progress = Ход программы
menu-requests = Заявки
menu-vouchers = Сертификаты
menu-proposals = На подтверждение

programme = Программа
state = Состояние
all-states = все
show = Показать
next-page = Дальше →
agency = Орган
people = Человек
seats = Мест
reason = Причина
row = Строка
employee = Сотрудник
position = Должность
when = Когда
what = Что
who = Кто
outcome = Итог
done = сделано
refused = отказ
the-service = сервис
change = Изменить
confirm = Подтвердить
withdraw = Отозвать

## Заявки

request = Заявка
requested = Подана
refused-rows = Отказано
requests-empty = Здесь нет заявок
requests-empty-text = Выберите другое состояние или программу.
requested-by = подана { $at }, { $login }
approved-automatically = одобрена автоматически: строк не больше порога программы
rejected-because = Отклонена:
people-accepted = строк принято
people-refused = строк с отказом
decide = Решение
approve-text = Места будут заняты. Деньги резервируются при выпуске.
approve = Одобрить
reject = Отклонить
issue-title = Выпуск сертификатов
issue-text = Каждому сотруднику будет подписан сертификат, номинал зарезервирован.
issue = Выпустить
request-rows = Список
eligibility = Право на обучение
the-voucher = сертификат
request-requested = ждёт решения
request-approved = одобрена
request-rejected = отклонена
request-issued = сертификаты выпущены
request-refused = отказ
rule-category-of-service = категория службы
rule-employed-through = служит до конца срока
rule-agency-takes-part = орган участвует

## Сертификаты

voucher-number = Номер
issued-at = Выпущен
good-until = Действует по
face-value = Номинал
lapsed = срок вышел
signed = Подпись
signed-by = версия { $version }, ключ { $kid }
history = История
hand-out = Выдать сотруднику
qr-of-voucher = QR-код сертификата
certificate-pdf = Сертификат (PDF)
vouchers-empty = Здесь нет сертификатов
vouchers-empty-text = Они появятся, когда заявка будет одобрена и сертификаты выпущены.
voucher-issued = выпущен
voucher-suspended = приостановлен
voucher-redeemed = погашен, зачислен
voucher-completed = обучен
voucher-voided = аннулирован
voucher-expired = истёк
voucher-replaced = заменён
action-issue = выпуск
action-redeem = погашение
action-reverse = отмена погашения
action-suspend = приостановка
action-resume = возобновление
action-void = аннулирование
action-replace = замена
action-extend = продление
action-expire = освобождение резерва
action-preview = проверка
action-complete = завершение обучения
action-move = перевод в другой поток
do-suspend = Приостановить
do-resume = Возобновить
do-replace = Заменить (утерян)
do-void = Аннулировать
do-text-suspend = Пока он приостановлен, его не погасят; резерв остаётся.
do-text-resume = Им снова можно воспользоваться.
do-text-replace = Старый перестанет действовать, новый унаследует резерв.
do-text-void = Навсегда: резерв и место освободятся.

## Ход программы

retrained = Обучено
retrained-of = обучено из { $target }
cost-per-retrained = Расход на одного обученного:
seats-of-quota = мест в квотах
issued = Выпущено
live = Действуют
enrolled = Зачислено
completed = Завершили
lapsed-or-released = Истекли
retrained-by-month = Обучено по месяцам
by-agency = По органам
way = Путь
month-short-1 = янв
month-short-2 = фев
month-short-3 = мар
month-short-4 = апр
month-short-5 = май
month-short-6 = июн
month-short-7 = июл
month-short-8 = авг
month-short-9 = сен
month-short-10 = окт
month-short-11 = ноя
month-short-12 = дек

## Действия двух человек

proposals-text = Здесь ждут второго человека действия, которые один совершить не может.
proposals-show-all = Показать и решённые
proposals-show-open = Показать только ожидающие
proposals-empty = Ничего не ждёт подтверждения
proposals-empty-text = Новое предложение появится здесь сразу.
proposal-own = Это предложили вы: подтвердить должен другой человек.
proposed-by = Предложил
decided-by = Решил
proposal-proposed = ждёт
proposal-confirmed = подтверждено
proposal-withdrawn = отозвано
act-appropriation = Изменение лимита
act-budget-move = Перенос между строками бюджета
act-year-end = Закрытие года
act-period-closing = Закрытие месяца
act-top-up = Доплата потока
act-contract-signing = Договор информационной кампании
act-act-acceptance = Приёмка работ по договору
act-contract-ending = Завершение договора
act-session-cancellation = Отмена принятого занятия
act-redemption-reversal = Отмена погашения
act-key-compromise = Компрометация ключа
fact-amount = Сумма
fact-document-number = Документ
fact-reason = Причина
fact-month = Месяц
fact-signed-on = Подписан
fact-accepted-on = Принято
fact-subject = Предмет
fact-voucher = Сертификат станет
fact-rest = Остаток
fact-kid = Ключ

## Устройства

menu-devices = Устройства
device = Устройство
device-prepare = Подготовить телефон
device-prepare-text = Телефон отсканирует код, войдёт под вашим именем и сможет принимать сертификаты без сети. За принятое им отвечаете вы.
device-show-code = Показать код
pairing-text = Отсканируйте код камерой телефона, который будет у стола регистрации.
pairing-once = Код действует десять минут и один раз. Не показывайте его никому.
pairing-qr-title = QR-код для подготовки телефона
devices-empty = Подготовленных устройств нет
devices-empty-text = Без них сертификаты погашаются только при наличии сети.
device-registrar = Чьё
device-paired = Подготовлено
device-items = Принято без сети
device-works = работает
device-revoked = отозвано
device-revoke = Отозвать
device-revoke-text = Всё, что устройство пришлёт после этого, будет ждать решения человека.

## Спорные случаи

menu-conflicts = Спорные случаи
conflicts-text = То, что принято без сети, разошлось с журналом. Решает человек, и не тот, чьё устройство; деньги следуют за решением.
conflicts-empty = Спорных случаев нет
conflicts-empty-text = Всё, что принято без сети, учтено.
conflict-open = ждёт решения
conflict-enrolled = зачислен
conflict-dismissed = отклонён
conflict-device-side = Что приняло устройство
conflict-ledger-side = Что говорит журнал
conflict-scanned = Отсканировано
conflict-received = Получено сервисом
conflict-run = Поток
conflict-item = Запись устройства
conflict-leaf = Запись журнала
conflict-nothing = В журнале этой программы ничего.
conflict-voucher-now = Сертификат сейчас:
conflict-decide-text = Зачислить — держатель окажется в потоке устройства, прежнее погашение отменится. Отклонить — ничего не изменится.
conflict-enrol = Зачислить
conflict-dismiss = Отклонить

## Страница держателя

holder-title = Цифровой сертификат на обучение
illustrative = образец, данные условные
university = Университет
hours = Часов
holder-bring = Возьмите с собой документ, удостоверяющий личность, и покажите этот код у стола регистрации. Он действует один раз.
holder-app-name = Сертификат
holder-as-of = Состояние на { $at }.
holder-kept = Без связи: состояние на { $at }. Что было позже, здесь не видно.
holder-kept-hint = Эта страница сохранена на этом устройстве и откроется без связи. Добавить её на главный экран можно в меню браузера.
holder-next-issued = Срок сертификата вышел. Обратитесь в кадровую службу.
holder-next-suspended = Сертификат приостановлен. Обратитесь в кадровую службу своего органа.
holder-next-redeemed = Вы зачислены. Ждём вас на занятиях.
holder-next-completed = Обучение завершено. Поздравляем!
holder-next-voided = Сертификат аннулирован. Обратитесь в кадровую службу.
holder-next-expired = Срок сертификата истёк. Обратитесь в кадровую службу.
holder-next-replaced = Вместо этого сертификата выпущен новый. Попросите ссылку на него в кадровой службе.
