//! Statements of the hot path that a connection prepares once and keeps. Diesel prepares every
//! `UPDATE` and every upsert anew, since their text may depend on their values; the text of these
//! does not.

/// Declares a statement: its values in the order of the `?` of its text, each with its SQL type.
#[macro_export]
macro_rules! statement {
    ($(#[$about:meta])* $name:ident { $($value:ident: $rust:ty as $sql:ty),+ $(,)? } = $text:literal) => {
        $(#[$about])*
        struct $name {
            $($value: $rust,)+
        }

        impl diesel::query_builder::QueryFragment<$crate::db::Backend> for $name {
            fn walk_ast<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, $crate::db::Backend>,
            ) -> diesel::QueryResult<()> {
                let mut text = $text.split('?');
                $(
                    out.push_sql(text.next().unwrap_or_default());
                    out.push_bind_param::<$sql, _>(&self.$value)?;
                )+
                out.push_sql(text.next().unwrap_or_default());
                Ok(())
            }
        }

        impl diesel::query_builder::QueryId for $name {
            type QueryId = Self;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl diesel::RunQueryDsl<$crate::db::Connection> for $name {}
    };
}
